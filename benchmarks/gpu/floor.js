import { costOf } from '../../dist/packs/lowering/plan/budget.js';
import { planPack } from '../../dist/packs/lowering/plan/plan-pack.js';
import { readPack } from '../../dist/packs/pack.js';

/** Where a network moves the picture, it is the only one. */
const OF_A_FRAME = [['render', 'warp', 'decode'], ['field']];

/**
 * The least milliseconds of a frame's networks on paper, by the GPU's stated rates; undefined for a GPU whose rates are not known.
 */
export async function floorOf(name, precision, { rates }, signal) {
  if (rates === undefined) return undefined;
  const pack = await readPack(name);
  const { window, steps } = pack.manifest.sampler;
  const planned = await planPack(pack, { window, steps, precision }, signal);
  const costsOf = (roles) =>
    planned.filter(({ plan }) => roles.includes(plan.role)).map(({ plan }) => costOf(plan));
  const costs = OF_A_FRAME.map(costsOf).find((all) => all.length > 0);
  return costs.reduce((sum, { milliseconds }) => sum + milliseconds[rates], 0);
}
