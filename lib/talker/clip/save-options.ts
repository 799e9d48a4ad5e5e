import { z } from 'zod';
import { invalidArgument } from '../../errors.js';
import { PRESETS, WEBM_CRF } from '../../limits.js';
import type { SoundInput } from '../../media/index.js';
import { flag, integer, oneOf, parseOptions } from '../../validate.js';

/** Options for encoding a file. */
export interface SaveOptions {
  /** Quality, lower is better: 0 to 51 for MP4 (default 20), 0 to 63 for WebM (default 30). */
  crf?: number | undefined;
  /** x264's effort for MP4, `'ultrafast'` to `'veryslow'`; default `'veryfast'`. */
  preset?: (typeof PRESETS)[number] | undefined;
  /** False: an existing file is an OUTPUT_UNWRITABLE error. Default true: it is replaced once the new one is complete. */
  overwrite?: boolean | undefined;
  /** The format where the output's name does not say it, as of a stream or a pipe; default: by the name, else `'mp4'`. Not for frames. */
  format?: 'mp4' | 'webm' | 'gif' | undefined;
  /** Threads of the encoder, 1 to 64; default 2. */
  threads?: number | undefined;
  /** A sound for the video instead of the speech, or for a replayed motion; any input that `animate()` accepts as speech. */
  sound?: SoundInput | undefined;
  /** Which track of sound of `sound`, 0 the first; default: the one that the file marks as default, else the first. */
  soundTrack?: number | undefined;
}

/** The written file, and the speed. */
export interface SaveResult {
  /** The output's path; of a stream `'a stream'`. */
  file: string;
  format: 'mp4' | 'webm' | 'gif' | 'png';
  frames: number;
  /** Length of the video. */
  seconds: number;
  /** Size of the file, or of all PNG files. */
  bytes: number;
  /** From the call to the finished file. */
  elapsedSeconds: number;
  /** From the call to the first rendered frame. */
  firstFrameSeconds: number;
  /** Frames per second from the call to the finished file. */
  fps: number;
  /** The device that made the frames. */
  device: string;
  /** Why device `'auto'` took the processor and no GPU; absent if it took one, or if a device was named. */
  deviceNote?: string;
  /**
   * What the clip was made otherwise than asked: in float32 from a frame on that half precision could not hold, or without CUDA graphs that
   * ONNX Runtime refused. Absent if nothing was.
   */
  warning?: string;
}

const schema = z.strictObject(
  {
    crf: integer(...WEBM_CRF).optional(),
    preset: oneOf(...PRESETS).optional(),
    overwrite: flag.optional(),
    format: oneOf('mp4', 'webm', 'gif').optional(),
    threads: integer(1, 64).optional(),
    sound: z.custom<SoundInput>().optional(), // checked when it is opened
    soundTrack: integer(0, 1000).optional(),
  },
  { error: 'an object' },
);

/** Checks the options of `save()`. Throws INVALID_ARGUMENT. */
export function checkSaveOptions(options: SaveOptions): SaveOptions {
  const checked = parseOptions(schema, options, 'the options of save()');
  if (checked.soundTrack !== undefined && checked.sound === undefined)
    throw invalidArgument('none without sound', 'soundTrack', checked.soundTrack);
  return checked;
}
