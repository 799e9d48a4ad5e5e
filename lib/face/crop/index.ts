import { invalidArgument, throwIfAborted } from '../../errors.js';
import type { Picture } from '../../picture.js';
import { apply, invert, type Matrix, type Point } from '../geometry.js';
import { cropRotated, ffhqToPhoto } from './ffhq.js';
import { cropKdtalker, kdtalkerToPhoto, kdtalkerWindow } from './kdtalker.js';
import { cropLiveportrait, liveportraitToPhoto } from './liveportrait.js';
import { cropWhole, wholeToPhoto } from './none.js';

/**
 * How the networks' input square is cut out of the picture:
 * `ffhq` rotated FFHQ alignment, mirrored and blurred beyond the picture's border (the puppet pack);
 * `kdtalker` the published KDTalker inference, sides along the picture's;
 * `liveportrait` the published LivePortrait crop, rotated, black outside the picture;
 * `none` the whole picture, stretched to the square.
 */
export type CropKind = 'ffhq' | 'kdtalker' | 'liveportrait' | 'none';

/** All crops, in the order of their documentation. */
export const CROP_KINDS: readonly CropKind[] = ['ffhq', 'kdtalker', 'liveportrait', 'none'];

/** A square cut out of a picture, with the map back to the picture. */
export interface Crop {
  readonly kind: CropKind;
  /** The square, the input of the networks. */
  readonly picture: Picture;
  /** Its side in pixels. */
  readonly size: number;
  /** Row-major 2x3: maps pixel indices of the crop to pixel indices of the original picture. */
  readonly toPhoto: Matrix;
  /** Row-major 2x3: maps pixel indices of the original picture to pixel indices of the crop. */
  readonly toCrop: Matrix;
  /** The landmarks in crop units: -1..1 from edge to edge, pixel i of N at (2i + 1) / N - 1. */
  readonly landmarks: readonly Point[] | undefined;
}

/** Options of {@link cropPicture}. */
export interface CropOptions {
  readonly kind: CropKind;
  /** Side of the square in pixels: the input size of the pack's networks. */
  readonly size: number;
  /** 68 points in pixel indices of the picture; every kind but `none` needs them. */
  readonly landmarks?: readonly Point[] | undefined;
  /** The same face in InsightFace's 106 points; `liveportrait` uses them when they are given, as published. */
  readonly landmarks106?: readonly Point[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Square = Pick<Crop, 'picture' | 'toPhoto'>;

async function squareOf(
  picture: Picture,
  { kind, size, landmarks, landmarks106 }: CropOptions,
): Promise<Square> {
  if (kind === 'none')
    return { picture: await cropWhole(picture, size), toPhoto: wholeToPhoto(picture, size) };
  if (landmarks?.length !== 68)
    throw invalidArgument(`68 points (the crop '${kind}' needs them)`, 'landmarks', landmarks);
  if (kind === 'kdtalker') {
    const window = kdtalkerWindow(landmarks, picture.width, picture.height);
    const toPhoto = kdtalkerToPhoto(window, picture, size);
    return { picture: await cropKdtalker(picture, window, size), toPhoto };
  }
  if (kind === 'ffhq') {
    const toPhoto = ffhqToPhoto(landmarks, size);
    return { picture: await cropRotated(picture, toPhoto, size), toPhoto };
  }
  const toPhoto = liveportraitToPhoto(landmarks106 ?? landmarks, size);
  return { picture: await cropLiveportrait(picture, toPhoto, size), toPhoto };
}

/** Points in pixel indices of the picture to crop units. */
function toCropUnits(points: readonly Point[], toCrop: Matrix, size: number): Point[] {
  return points.map((point) => {
    const [x, y] = apply(toCrop, point);
    return [(2 * x + 1) / size - 1, (2 * y + 1) / size - 1];
  });
}

/**
 * Cuts the networks' input square out of a picture.
 *
 * @throws KdtalkerError INVALID_ARGUMENT when the landmarks are missing, not 68 or not a face; ABORTED.
 */
export async function cropPicture(picture: Picture, options: CropOptions): Promise<Crop> {
  const { kind, size, landmarks, signal } = options;
  throwIfAborted(signal, 'Cropping the portrait');
  if (!CROP_KINDS.includes(kind)) throw invalidArgument(`one of '${CROP_KINDS.join("', '")}'`, 'crop', kind);
  const square = await squareOf(picture, options);
  throwIfAborted(signal, 'Cropping the portrait');
  const toCrop = invert(square.toPhoto);
  return {
    kind,
    size,
    ...square,
    toCrop,
    landmarks: landmarks && toCropUnits(landmarks, toCrop, size),
  };
}
