import { KdtalkerError } from '../../errors.js';
import type { Picture } from '../../picture.js';
import {
  add,
  compose,
  length,
  type Matrix,
  type Point,
  resizedToOriginal,
  rint,
  scale,
  subtract,
} from '../geometry.js';
import { cut, type Rectangle, warp } from '../resample.js';
import { faceSquare } from './ffhq.js';

/** The side of the published code's aligned square; it decides whether a large picture is reduced first. */
const ALIGNED_SIDE = 512;

/** The cuts of the published inference (docs/model.md 12). */
export interface KdtalkerWindow {
  /** The picture is first reduced by this factor; 1 does not change it. */
  readonly shrink: number;
  /** Size of the reduced picture. */
  readonly width: number;
  readonly height: number;
  /** First cut, in pixels of the reduced picture: left, top, right, bottom (exclusive). */
  readonly cropRect: readonly [number, number, number, number];
  /** Second cut, in pixels of the first, before truncation: left, top, right, bottom. */
  readonly quadRect: readonly [number, number, number, number];
}

/** Corners of the aligned square: top left, bottom left, bottom right, top right. */
function quadOf(landmarks: readonly Point[]): { quad: [Point, Point, Point, Point]; side: number } {
  const { centre, right, down } = faceSquare(landmarks);
  const [leftEdge, rightEdge] = [subtract(centre, right), add(centre, right)];
  return {
    quad: [subtract(leftEdge, down), add(leftEdge, down), add(rightEdge, down), subtract(rightEdge, down)],
    side: 2 * length(right),
  };
}

function firstCut(quad: readonly Point[], side: number, width: number, height: number) {
  const border = Math.max(rint(side * 0.1), 3);
  const xs = quad.map((corner) => corner[0]);
  const ys = quad.map((corner) => corner[1]);
  return [
    Math.max(Math.floor(Math.min(...xs)) - border, 0),
    Math.max(Math.floor(Math.min(...ys)) - border, 0),
    Math.min(Math.ceil(Math.max(...xs)) + border, width),
    Math.min(Math.ceil(Math.max(...ys)) + border, height),
  ] as const;
}

/** The two cuts for 68 landmarks in pixels of a picture of `width` x `height`. */
export function kdtalkerWindow(landmarks: readonly Point[], width: number, height: number): KdtalkerWindow {
  const whole = quadOf(landmarks);
  const shrink = Math.max(Math.floor((whole.side / ALIGNED_SIDE) * 0.5), 1);
  const [reducedWidth, reducedHeight] =
    shrink > 1 ? [rint(width / shrink), rint(height / shrink)] : [width, height];
  const quad = whole.quad.map((corner) => scale(corner, 1 / shrink));
  const cropRect = firstCut(quad, whole.side / shrink, reducedWidth, reducedHeight);
  const [topLeft, bottomLeft, bottomRight, topRight] = quad.map(
    (corner): Point => [corner[0] - cropRect[0] + 0.5, corner[1] - cropRect[1] + 0.5],
  ) as unknown as [Point, Point, Point, Point];
  const quadRect = [
    Math.max(Math.min(topLeft[0], bottomLeft[0]), 0),
    Math.max(Math.min(topLeft[1], topRight[1]), 0),
    Math.min(Math.max(bottomRight[0], topRight[0]), reducedWidth),
    Math.min(Math.max(bottomLeft[1], bottomRight[1]), reducedHeight),
  ] as const;
  return { shrink, width: reducedWidth, height: reducedHeight, cropRect, quadRect };
}

/** Both cuts in one: whole pixels of the reduced picture. */
function cutRegion({ cropRect, quadRect }: KdtalkerWindow): Rectangle {
  const [left, top, right, bottom] = cropRect;
  const region = {
    left: left + Math.trunc(quadRect[0]),
    top: top + Math.trunc(quadRect[1]),
    right: Math.min(left + Math.trunc(quadRect[2]), right),
    bottom: Math.min(top + Math.trunc(quadRect[3]), bottom),
  };
  if (region.right > region.left && region.bottom > region.top) return region;
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    "Expected landmarks inside the picture for the crop 'kdtalker' but received a face outside it; check landmarks or box",
  );
}

/** Indices of a `size` x `size` crop to indices of the picture. Not a similarity: the cut need not be square. */
export function kdtalkerToPhoto(window: KdtalkerWindow, picture: Picture, size: number): Matrix {
  const region = cutRegion(window);
  const toRegion = resizedToOriginal(
    size / (region.right - region.left),
    size / (region.bottom - region.top),
  );
  const toReduced = compose([1, 0, region.left, 0, 1, region.top], toRegion);
  return compose(resizedToOriginal(window.width / picture.width, window.height / picture.height), toReduced);
}

/**
 * The crop of the published inference, with sides parallel to the picture's. Reduction and resampling are plain
 * bilinear as there, each rounded to 8 bits, so that the input matches the networks' training data.
 */
export async function cropKdtalker(picture: Picture, window: KdtalkerWindow, size: number): Promise<Picture> {
  const { width, height } = window;
  const shrinking = resizedToOriginal(width / picture.width, height / picture.height);
  const reduced = window.shrink > 1 ? await warp(picture, shrinking, width, height, 'replicate') : picture;
  const part = cut(reduced, cutRegion(window));
  const toPart = resizedToOriginal(size / part.width, size / part.height);
  return warp(part, toPart, size, size, 'replicate');
}
