import { z } from 'zod';
import { CROP_KINDS, type CropKind } from '../face/crop/index.js';
import type { FaceChoice } from '../face/faces.js';
import type { Box } from '../face/geometry.js';
import { abortSignal, callback, integer, number, oneOf, parseOptions } from '../validate.js';
import type { Progress } from './progress.js';

/** How the face of a video is found, for {@link Talker.motionFromVideo}. */
export interface VideoMotionOptions {
  /** How the face is cut out; default: the pack's own. `'none'` takes whole pictures and looks for no face. */
  crop?: CropKind | undefined;
  /**
   * Which of the video's tracks of pictures, 0 the first. Default: the one that the file marks as default, else the first.
   */
  videoTrack?: number | undefined;
  /** A longer video is refused with VIDEO_TOO_LONG. Default 3600: a small file can claim to last for years. */
  maxSeconds?: number | undefined;
  /** Which face of the first picture that shows one: `'largest'` (default), `'center'`, or an index, 0 the largest. */
  face?: FaceChoice | undefined;
  /** Left, top, width, height in pixels: where the face is in the first picture that shows one. */
  box?: Box | undefined;
  signal?: AbortSignal | undefined;
  /** Called with every progress event. What it throws is ignored. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** How a video becomes a source, for {@link Talker.sourceVideo}. */
export interface SourceVideoOptions extends VideoMotionOptions {
  /** What follows its last picture when the speech is longer: `'ping-pong'` (default), back to the first; or `'loop'`, the first. */
  repeat?: 'ping-pong' | 'loop' | undefined;
}

const fields = {
  crop: oneOf(...(CROP_KINDS as [CropKind, ...CropKind[]])).optional(),
  face: z.unknown().optional(), // this one and the next are checked by the face finder, which knows the picture
  box: z.unknown().optional(),
  videoTrack: integer(0, 1000).optional(),
  maxSeconds: number(0.04, 1e6).optional(),
  signal: abortSignal.optional(),
  onProgress: callback<Progress>().optional(),
};
const motionSchema = z.strictObject(fields, { error: 'an object' });
const sourceSchema = z.strictObject(
  { ...fields, repeat: oneOf('ping-pong', 'loop').default('ping-pong') },
  { error: 'an object' },
);

/** Throws INVALID_ARGUMENT. */
export function checkVideoMotionOptions(options: VideoMotionOptions): void {
  parseOptions(motionSchema, options, 'the options of motionFromVideo()');
}

/** Throws INVALID_ARGUMENT. @returns what follows the last picture */
export function checkSourceVideoOptions(options: SourceVideoOptions): 'ping-pong' | 'loop' {
  return parseOptions(sourceSchema, options, 'the options of sourceVideo()').repeat;
}
