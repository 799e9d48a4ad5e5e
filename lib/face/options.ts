import { z } from 'zod';
import { invalidArgument, KdtalkerError } from '../errors.js';
import type { Picture } from '../picture.js';
import type { Box, Point } from './geometry.js';

/** Which face of several: the largest, the one nearest to the middle, or by size (0 is the largest). */
export type FaceChoice = 'largest' | 'center' | number;

/** Options of `FaceFinder.find`. */
export interface FindOptions {
  /** Which face of several; default 'largest'. */
  readonly face?: FaceChoice | undefined;
  /** Left, top, width, height of the face in pixels, brows to chin; replaces the search. */
  readonly box?: Box | undefined;
  /** 68 points (iBUG order) in pixels; replace the search. */
  readonly landmarks?: readonly Point[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

const faceChoice = z.union([z.enum(['largest', 'center']), z.number().int().min(0)]);
const box = z.tuple([z.number(), z.number(), z.number().positive(), z.number().positive()]);
const landmarks = z.array(z.tuple([z.number(), z.number()])).length(68);

function demand(schema: z.ZodType, value: unknown, expected: string, name: string): void {
  if (value !== undefined && !schema.safeParse(value).success) throw invalidArgument(expected, name, value);
}

/** Throws INVALID_ARGUMENT for options that make no sense. */
export function checkFindOptions(options: FindOptions, picture: Picture): void {
  demand(faceChoice, options.face, "'largest', 'center' or an index from 0", 'face');
  demand(box, options.box, '[left, top, width, height] in pixels', 'box');
  demand(landmarks, options.landmarks, '68 points [x, y] in pixels', 'landmarks');
  const { width, height } = picture;
  if (options.box && !touches(options.box, width, height))
    throw invalidArgument(`a box inside the picture of ${width}x${height}`, 'box', `[${options.box}]`);
}

function touches([x, y, width, height]: Box, pictureWidth: number, pictureHeight: number): boolean {
  return x < pictureWidth && y < pictureHeight && x + width > 0 && y + height > 0;
}

/** Smallest side of a face in pixels: in smaller faces the eyes and lips cannot be found. */
export const SMALLEST_FACE = 20;
/** Throws PICTURE_TOO_SMALL when the box of a face has too few pixels; `what` names the box. */
export function checkFaceSize([, , width, height]: Box, what: string): void {
  const side = Math.max(width, height);
  if (side < SMALLEST_FACE) throw tooSmall(side, what);
}

/** The error for a face of `side` pixels. */
export function tooSmall(side: number, what: string): KdtalkerError {
  return new KdtalkerError(
    'PICTURE_TOO_SMALL',
    `Expected at least ${SMALLEST_FACE} px for ${what} but received ${Math.floor(side)} px; use a larger picture`,
  );
}
