// Multiply-accumulates of the published networks, in units of 1e9 per frame and, for the sampler, per window of 64 frames and 50 steps:
// `written` for the networks as described, `left` after every exact saving.

/**
 * warp: 171 as written. Phases of the doubled layers leave 14.5 of 32.6, the tiled FFT 5 of 70 for the mask, F(4x4, 3x3) a quarter
 * of the rest. decode: 446; composed shortcuts and phases take 98, F(4x4, 3x3) a quarter of what is 3x3, 16 stay as they are.
 * sample: the audio's part of the condition once a window instead of once a step.
 */
export const GIGAMACS = {
  warp: { written: 171, left: 36 },
  decode: { written: 446, left: 100 },
  sample: { written: 142.5, left: 96.7 },
};

/**
 * Compares a stage with the limit of the machine.
 *
 * @param ms the duration of the stage
 * @param ceiling GFLOP/s of the machine in the stage's precision
 * @returns shares of the ceiling: `written` counts the multiplications of the description (above 1 if some are saved), `left` the remaining
 *   ones; undefined for a stage without a count
 */
export function shareOfCeiling(stage, ms, ceiling) {
  const counts = GIGAMACS[stage];
  if (counts === undefined || ceiling === undefined) return undefined;
  const share = (gigamacs) => (2 * gigamacs) / (ms / 1000) / ceiling;
  return { written: share(counts.written), left: share(counts.left) };
}
