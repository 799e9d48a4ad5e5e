import { invalidArgument } from '../errors.js';
import type { Point } from './geometry.js';

/** How far eyes and lips are open: the distance of the lids, or lips, over that of the corners. */
export interface FaceRatios {
  /** Left and right in the picture. Open eyes have about 0.3, shut ones 0. */
  readonly eyes: readonly [left: number, right: number];
  /** Shut lips have 0. */
  readonly lip: number;
}

/**
 * The ratios of model.md 13 on 68 points (iBUG 300-W): |upper - lower| / (|corner - corner| + 1e-6). Where the 203 points of the
 * published detector have one in the middle of a lid, here it is the middle between two.
 */
export function faceRatios(points: readonly Point[]): FaceRatios {
  if (points.length !== 68) throw invalidArgument('68 points', 'the landmarks', points);
  const at = (...indices: number[]) => middle(indices.map((index) => points[index]!));
  return {
    eyes: [ratio(at(37, 38), at(41, 40), at(36), at(39)), ratio(at(43, 44), at(47, 46), at(42), at(45))],
    lip: ratio(at(62), at(66), at(48), at(54)),
  };
}

function ratio(upper: Point, lower: Point, left: Point, right: Point): number {
  return distance(upper, lower) / (distance(left, right) + 1e-6);
}

function middle(points: readonly Point[]): Point {
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  return [mean(0), mean(1)];
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
