import { cut } from '../../face/resample.js';
import type { Picture } from '../../picture.js';
import { roundHalfEven } from '../arithmetic/statistics.js';
import type { FaceBox } from '../sync/face-tracks.js';
import { pillowResize } from './pillow-resize.js';

/** Side of Hopenet's pictures. */
export const POSE_SIDE = 224;

/** The part of a picture around a face that Hopenet sees; left, top, right and bottom (exclusive) in whole pixels. */
export function poseRectangle(
  [left, top, right, bottom]: FaceBox,
  { width, height }: { width: number; height: number },
): [left: number, top: number, right: number, bottom: number] {
  const [across, down] = [right - left, bottom - top];
  return [
    Math.trunc(Math.max(left - across / 2, 0)),
    Math.trunc(Math.max(top - (3 * down) / 4, 0)),
    Math.trunc(Math.min(right + across / 2, width)),
    Math.trunc(Math.min(bottom + down / 4, height)),
  ];
}

/** Resizes the shorter side to 224 and cuts out the middle. */
export function poseSquare(picture: Picture): Picture {
  const { width, height } = picture;
  const shorter = Math.min(width, height);
  const sides = [width, height].map((side) => Math.trunc((side * POSE_SIDE) / shorter)) as [number, number];
  const resized = pillowResize(picture, ...sides);
  const [left, top] = sides.map((side) => roundHalfEven((side - POSE_SIDE) / 2)) as [number, number];
  return cut(resized, { left, top, right: left + POSE_SIDE, bottom: top + POSE_SIDE });
}
