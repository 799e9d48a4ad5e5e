import type { LandmarkRule } from './manifest.js';

/**
 * Computes the canonical keypoints' correction from the landmarks of a face, by the rules of a pack: a keypoint's value
 * becomes `keep * value + add`.
 *
 * @param rules `landmarks` of pack.json
 * @param landmarks 68 points [x, y] in crop units, -1 to 1 over the crop
 * @returns [2, 63]: `keep` (1 or 0), then `add`, each 21 x 3
 */
export function placeKeypoints(
  rules: readonly LandmarkRule[],
  landmarks: readonly (readonly [number, number])[],
): Float32Array {
  const placement = keepKeypoints();
  for (const rule of rules) {
    const at = 3 * rule.keypoint + axisIndex(rule.axis);
    const terms = rule.terms.reduce((sum, term) => sum + term.weight * mean(term, landmarks), 0);
    placement[at] = rule.base === 'keep' ? 1 : 0;
    placement[63 + at] = (rule.base === 'keep' ? 0 : rule.base) + terms;
  }
  return placement;
}

/** The placement that keeps all keypoints of the motion network unchanged. */
export function keepKeypoints(): Float32Array {
  return new Float32Array(126).fill(1, 0, 63);
}

function mean(
  term: LandmarkRule['terms'][number],
  landmarks: readonly (readonly [number, number])[],
): number {
  const values = term.points.map((point) => landmarks[point]![axisIndex(term.axis)]!);
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function axisIndex(axis: 'x' | 'y'): 0 | 1 {
  return axis === 'x' ? 0 : 1;
}
