import { costOf } from '../../dist/packs/lowering/plan/budget.js';
import { planPack } from '../../dist/packs/lowering/plan/plan-pack.js';
import { readPack } from '../../dist/packs/pack.js';

const OF_A_FRAME = ['render', 'warp', 'decode'];

/**
 * The least milliseconds of a frame's networks on paper, by the GPU's stated rates; undefined for a GPU whose rates are not known.
 */
export async function floorOf(name, precision, { rates }, signal) {
  if (rates === undefined) return undefined;
  const pack = await readPack(name);
  const { window, steps } = pack.manifest.sampler;
  const planned = await planPack(pack, { window, steps, precision }, signal);
  const costs = planned.map(({ plan }) => costOf(plan)).filter(({ role }) => OF_A_FRAME.includes(role));
  return costs.reduce((sum, { milliseconds }) => sum + milliseconds[rates], 0);
}
