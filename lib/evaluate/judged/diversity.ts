import { POSE_BINS } from '../../packs/judges/hopenet.js';
import { deviation, mean } from '../arithmetic/statistics.js';

/**
 * The diversity of head motion as the authors' script computes it: the raw values of the bins, before any softmax; for each bin the
 * population's deviation over time; the mean over bins.
 *
 * @param logits [frames, 66] of one axis
 */
export function axisDiversity(logits: ArrayLike<number>): number {
  const frames = logits.length / POSE_BINS;
  const bins = Array.from({ length: POSE_BINS }, (_, bin) =>
    deviation(Float64Array.from({ length: frames }, (_, frame) => logits[frame * POSE_BINS + bin]!)),
  );
  return mean(bins);
}

/** Degrees of one axis in one frame: the bins' middles weighted by the softmax of their values. */
export function poseAngle(logits: ArrayLike<number>): number {
  const greatest = Math.max(...Array.from(logits));
  let [sum, weighted] = [0, 0];
  for (let bin = 0; bin < POSE_BINS; bin++) {
    const weight = Math.exp(logits[bin]! - greatest);
    sum += weight;
    weighted += weight * bin;
  }
  return (3 * weighted) / sum - 99;
}
