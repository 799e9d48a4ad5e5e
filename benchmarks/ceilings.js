import { inChild } from './children.js';
import { contenderOf, REFERENCE } from './contenders/index.js';

/** GFLOP/s of multiply-adds on registers, {precision, unit, oneCore, allCores} each: the upper limit of every kernel. */
export async function measureCeilings(settings) {
  return inChild(contenderOf(REFERENCE), 'ceilings', settings);
}

/** One line for each precision. */
export function ceilingLines(ceilings, cores) {
  return ceilings.map(
    ({ precision, unit, oneCore, allCores }) =>
      `ceiling ${precision}: ${oneCore.toFixed(0)} GFLOP/s by one core, ${allCores.toFixed(0)} by ${cores} (${unit})`,
  );
}
