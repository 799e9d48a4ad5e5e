import type { Picture } from '../../picture.js';
import { add, boundsOf, invert, type Matrix, mean, type Point, scale, subtract } from '../geometry.js';
import { warp } from '../resample.js';
import { eyesAndMouth } from '../schemes.js';
import { requireExtent } from './anchors.js';

/** How much of a face's surroundings a crop shows. */
export interface Framing {
  /** Side of the crop as a multiple of the longer side of the landmarks' box. */
  readonly enlargement: number;
  /** Shift of the centre along the face's down axis as a multiple of the crop's side. */
  readonly shiftDown: number;
}

/** The crop of portraits. */
const PORTRAIT: Framing = { enlargement: 2.3, shiftDown: -0.125 };

/** A position rounded to single precision. */
function single(point: Point): Point {
  return [Math.fround(point[0]), Math.fround(point[1])];
}

/** The product of two vectors, rounded as single precision with a fused addition rounds it. */
function dot(a: Point, b: Point): number {
  return Math.fround(Math.fround(a[0] * b[0]) + a[1] * b[1]);
}

/**
 * Unit vector from the eyes to the lips. In single precision as in the published code: an arc cosine takes the
 * angle from it and, near 1, turns the last bit into a thousandth of a pixel.
 */
function downAxis(landmarks: readonly Point[]): Point {
  const { eyes, mouth } = eyesAndMouth(landmarks);
  const line = single(subtract(single(mouth), single(mean(eyes))));
  const span = Math.fround(Math.sqrt(dot(line, line)));
  requireExtent(span);
  return single([line[0] / span, line[1] / span]);
}

/** The face's square in the picture: centre, side and unit axis to its right. In single precision, see above. */
function facePlace(
  landmarks: readonly Point[],
  { enlargement, shiftDown }: Framing,
): { centre: Point; side: number; right: Point } {
  const down = downAxis(landmarks);
  const right: Point = [down[1], -down[0]];
  const middle = single(mean(landmarks));
  const turned = landmarks.map((point): Point => {
    const offset = single(subtract(point, middle));
    return [dot(offset, right), dot(offset, down)];
  });
  const [left, top, width, height] = boundsOf(turned);
  const side = Math.fround(enlargement * Math.fround(Math.max(width, height)));
  const across = single(scale(right, Math.fround(left + width / 2)));
  const below = single(scale(down, Math.fround(top + height / 2)));
  const boxCentre = single(add(single(add(middle, across)), below));
  return { centre: single(add(boxCentre, single(scale(down, shiftDown * side)))), side, right };
}

/**
 * Indices of a `size` x `size` crop to indices of the picture (`M_c2o` of docs/model.md 12): the inverse of
 * the similarity that maps the centre to size / 2.
 *
 * @param landmarks 68, 106 or 203 points
 */
export function liveportraitToPhoto(
  landmarks: readonly Point[],
  size: number,
  framing: Framing = PORTRAIT,
): Matrix {
  const { centre, side, right } = facePlace(landmarks, framing);
  const angle = Math.acos(Math.min(Math.max(right[0], -1), 1)) * (right[1] < 0 ? -1 : 1);
  const ratio = Math.fround(size / side);
  const [cosine, sine] = [ratio * Math.cos(angle), ratio * Math.sin(angle)];
  const [x, y] = centre;
  const toCrop = [
    ...[cosine, sine, size / 2 - (cosine * x + sine * y)],
    ...[-sine, cosine, size / 2 - (cosine * y - sine * x)],
  ];
  return invert(toCrop.map(Math.fround) as unknown as Matrix);
}

/** The crop of the published LivePortrait code: plain bilinear, black outside the picture. */
export function cropLiveportrait(picture: Picture, toPhoto: Matrix, size: number): Promise<Picture> {
  return warp(picture, toPhoto, size, size, 'black');
}
