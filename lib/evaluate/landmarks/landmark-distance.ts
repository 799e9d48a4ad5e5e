import type { Point } from '../../face/geometry.js';

/**
 * The mean distance of a face's points to those of the real frame, over the distance of the real face's outer eye corners.
 *
 * @param scale that distance
 */
export function landmarkDistance(points: readonly Point[], real: readonly Point[], scale: number): number {
  const sum = points.reduce((total, [x, y], i) => total + Math.hypot(x - real[i]![0], y - real[i]![1]), 0);
  return sum / points.length / scale;
}
