import type { Picture } from '../../picture.js';
import {
  add,
  apply,
  boundsOf,
  compose,
  length,
  type Matrix,
  type Point,
  quarterTurn,
  resizedToOriginal,
  scale,
  subtract,
} from '../geometry.js';
import { cut, type Rectangle, resize, warp } from '../resample.js';
import { faceAnchors, faceExtent, requireExtent } from './anchors.js';
import { mirrorBeyond } from './beyond.js';

/** The square of the FFHQ alignment: centre and the two half axes, all in pixels of the picture. */
export interface FaceSquare {
  readonly centre: Point;
  /** From the centre to the middle of the right edge. */
  readonly right: Point;
  /** From the centre to the middle of the bottom edge. */
  readonly down: Point;
}

/** How far the centre lies from the eyes towards the mouth. */
const CENTRE_SHIFT = 0.1;

/**
 * The FFHQ alignment (Karras et al. 2019, "A Style-Based Generator Architecture", appendix C): the direction
 * combines the line of the eyes with the line from the eyes to the mouth.
 */
export function faceSquare(landmarks: readonly Point[]): FaceSquare {
  const anchors = faceAnchors(landmarks);
  const { eyeDistance, eyeToMouth } = faceExtent(anchors);
  const eyeLine = subtract(anchors.eyeRight, anchors.eyeLeft);
  const mouthLine = subtract(anchors.mouth, anchors.eyes);
  const across = subtract(eyeLine, quarterTurn(mouthLine));
  const span = length(across);
  requireExtent(span);
  const right = scale(across, Math.max(2 * eyeDistance, 1.8 * eyeToMouth) / span);
  const centre = add(anchors.eyes, scale(mouthLine, CENTRE_SHIFT));
  return { centre, right, down: quarterTurn(right) };
}

/** Pixel i of N shows crop unit (2i + 1) / N - 1, which lies at centre + unit * axis. */
export function ffhqToPhoto(landmarks: readonly Point[], size: number): Matrix {
  const { centre, right, down } = faceSquare(landmarks);
  const step = 2 / size;
  const first = step / 2 - 1;
  return [
    right[0] * step,
    down[0] * step,
    centre[0] + first * (right[0] + down[0]),
    right[1] * step,
    down[1] * step,
    centre[1] + first * (right[1] + down[1]),
  ];
}

/** The part of the picture that the crop shows, with a margin for the filters. Never empty. */
function shownRegion(picture: Picture, toPhoto: Matrix, size: number): Rectangle {
  const last = size - 1;
  const corners: Point[] = [
    [0, 0],
    [last, 0],
    [0, last],
    [last, last],
  ];
  const [x, y, width, height] = boundsOf(corners.map((corner) => apply(toPhoto, corner)));
  const room = 4 + 4 * Math.hypot(toPhoto[0], toPhoto[3]);
  const left = Math.min(Math.max(Math.floor(x - room), 0), picture.width - 1);
  const top = Math.min(Math.max(Math.floor(y - room), 0), picture.height - 1);
  return {
    left,
    top,
    right: Math.max(Math.min(Math.ceil(x + width + room) + 1, picture.width), left + 1),
    bottom: Math.max(Math.min(Math.ceil(y + height + room) + 1, picture.height), top + 1),
  };
}

/** Steps (picture pixels per crop pixel) for which bilinear sampling alone looks good. */
const FINEST_STEP = 0.75;
const COARSEST_STEP = 1.5;

/**
 * The factor by which a good filter resizes the picture before the bilinear warp. Without it, a large face
 * would alias and a small one would show the facets of bilinear interpolation.
 */
function preparation(step: number): number {
  if (step > COARSEST_STEP) return 1.25 / step;
  if (step < FINEST_STEP) return 1 / step;
  return 1;
}

/**
 * Warps a square of the picture, rotated as `toPhoto` says, mirrored at its border. The picture is first resized so
 * that the warp steps by about one pixel.
 */
export async function cropRotated(picture: Picture, toPhoto: Matrix, size: number): Promise<Picture> {
  const region = shownRegion(picture, toPhoto, size);
  const part = cut(picture, region);
  const factor = preparation(Math.hypot(toPhoto[0], toPhoto[3]));
  const width = Math.max(1, Math.round(part.width * factor));
  const height = Math.max(1, Math.round(part.height * factor));
  const prepared = await resize(part, width, height);
  const partToPrepared = resizedToOriginal(part.width / width, part.height / height);
  const photoToPart: Matrix = [1, 0, -region.left, 0, 1, -region.top];
  const toSource = compose(partToPrepared, photoToPart);
  const matrix = compose(partToPrepared, compose(photoToPart, toPhoto));
  const square = await warp(prepared, matrix, size, size, 'replicate');
  const { width: across, height: along } = picture;
  return mirrorBeyond(square, { toPhoto, width: across, height: along, source: prepared, toSource });
}
