import { z } from 'zod';
import { CROP_KINDS, type CropKind } from '../../face/crop/index.js';
import type { FaceChoice } from '../../face/faces.js';
import type { Box, Point } from '../../face/geometry.js';
import { PHOTO_SIDE } from '../../limits.js';
import type { Background } from '../../media/index.js';
import { abortSignal, flag, integer, oneOf, parseOptions } from '../../validate.js';

/** Options for cutting a portrait out of a picture. */
export interface PortraitOptions {
  /** How the face is cropped; default: the pack's crop. `'none'` uses the whole picture and does not search for a face. */
  crop?: CropKind | undefined;
  /** Which face to use: `'largest'` (default), `'center'`, or an index, where 0 is the largest. */
  face?: FaceChoice | undefined;
  /** Left, top, width, height in pixels: the area in which landmarks are searched. */
  box?: Box | undefined;
  /** 68 points in the order of iBUG 300-W, in pixels, used unchanged. */
  landmarks?: readonly Point[] | undefined;
  /**
   * What lies behind the transparent parts of the picture: a colour, as `'#rrggbb'` or `[red, green, blue]` of 0 to 255; default white.
   * `'transparent'` keeps them transparent in PNG files, WebM, and frames as `'rgba'` or `'yuva420p'`; other frames are laid on white.
   */
  background?: Background | undefined;
  /**
   * Keeps the whole picture, 3 bytes a pixel, for clips with `frame: 'full'` and in saved portraits. Default true.
   */
  keepPhoto?: boolean | undefined;
  /**
   * The longer side of whole pictures, and of videos of them, in pixels: a larger photo is kept reduced. Default 1920; 16 to 65536. The
   * face is always cut out of the picture as it is.
   */
  maxSize?: number | undefined;
  signal?: AbortSignal | undefined;
}

const COLOUR = "a colour as '#rrggbb' or [red, green, blue] of 0 to 255, or 'transparent'";
const level = z.int().min(0).max(255);
const colours = z.union([
  z.literal('transparent'),
  z.string().regex(/^#[0-9a-f]{6}$/i),
  z.tuple([level, level, level]),
]);
/** One sentence, whatever of a colour is wrong. */
const background = z.custom<Background>((value) => colours.safeParse(value).success, { error: COLOUR });

const schema = z.strictObject(
  {
    crop: oneOf(...(CROP_KINDS as [CropKind, ...CropKind[]])).optional(),
    face: z.unknown().optional(), // the face finder checks the next three, since it knows the picture
    box: z.unknown().optional(),
    landmarks: z.unknown().optional(),
    background: background.optional(),
    keepPhoto: flag.default(true),
    maxSize: integer(...PHOTO_SIDE).optional(),
    signal: abortSignal.optional(),
  },
  { error: 'an object' },
);

/** Throws INVALID_ARGUMENT. @returns whether the whole picture is kept */
export function checkPortraitOptions(options: PortraitOptions): boolean {
  return parseOptions(schema, options, 'the options of portrait()').keepPhoto;
}
