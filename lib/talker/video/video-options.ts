import { z } from 'zod';
import { CROP_KINDS, type CropKind } from '../../face/crop/index.js';
import type { FaceChoice } from '../../face/faces.js';
import type { Box } from '../../face/geometry.js';
import { PHOTO_SIDE } from '../../limits.js';
import { abortSignal, callback, integer, number, oneOf, parseOptions } from '../../validate.js';
import type { Progress } from '../host/progress.js';

/** Options for finding the face of a video, for {@link Talker.motionFromVideo}. */
export interface VideoMotionOptions {
  /** How the face is cropped; default: the pack's crop. `'none'` uses whole pictures and does not search for a face. */
  crop?: CropKind | undefined;
  /**
   * Index of the video track, 0 is the first. Default: the file's default track, else the first.
   */
  videoTrack?: number | undefined;
  /** A longer video throws VIDEO_TOO_LONG. Default 3600: a small file can claim to last for years. */
  maxSeconds?: number | undefined;
  /** Which face in the first picture that shows one: `'largest'` (default), `'center'`, or an index, where 0 is the largest. */
  face?: FaceChoice | undefined;
  /** Left, top, width, height in pixels: position of the face in the first picture that shows one. */
  box?: Box | undefined;
  signal?: AbortSignal | undefined;
  /** Called with every progress event. Errors that it throws are ignored. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** Options of a source video, for {@link Talker.sourceVideo}. */
export interface SourceVideoOptions extends VideoMotionOptions {
  /**
   * What follows the last picture if the speech is longer: `'ping-pong'` (default), the video backwards; or `'loop'`, the first picture.
   */
  repeat?: 'ping-pong' | 'loop' | undefined;
  /** The longer side of whole pictures in pixels, as for a portrait. Default 1920; 16 to 65536. */
  maxSize?: number | undefined;
}

const fields = {
  crop: oneOf(...(CROP_KINDS as [CropKind, ...CropKind[]])).optional(),
  face: z.unknown().optional(), // the face finder checks this one and the next, since it knows the picture
  box: z.unknown().optional(),
  videoTrack: integer(0, 1000).optional(),
  maxSeconds: number(0.04, 1e6).optional(),
  signal: abortSignal.optional(),
  onProgress: callback<Progress>().optional(),
};
const motionSchema = z.strictObject(fields, { error: 'an object' });
const sourceSchema = z.strictObject(
  {
    ...fields,
    repeat: oneOf('ping-pong', 'loop').default('ping-pong'),
    maxSize: integer(...PHOTO_SIDE).optional(),
  },
  { error: 'an object' },
);

/** Throws INVALID_ARGUMENT. */
export function checkVideoMotionOptions(options: VideoMotionOptions): void {
  parseOptions(motionSchema, options, 'the options of motionFromVideo()');
}

/** Throws INVALID_ARGUMENT. @returns the checked `repeat` */
export function checkSourceVideoOptions(options: SourceVideoOptions): 'ping-pong' | 'loop' {
  return parseOptions(sourceSchema, options, 'the options of sourceVideo()').repeat;
}
