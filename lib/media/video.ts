import { statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { aborted, invalidArgument, KdtalkerError, throwIfAborted } from '../errors.js';
import { checkFinal, fileTarget, type Target } from '../files/whole-file.js';
import { VIDEO_SIDE } from '../limits.js';
import {
  bytesOfFrame,
  type Encoder,
  type EncoderPixelFormat,
  type VideoFormat,
  type VideoSpec,
} from './formats/format.js';
import { gif } from './formats/gif.js';
import { mp4 } from './formats/mp4.js';
import { png } from './formats/png.js';
import { webm } from './formats/webm.js';
import { folderTarget } from './frame-folder.js';
import { checkWritable, OutputStream } from './output-stream.js';
import { ownTurn } from './own-turn.js';
import { isPipe, openOutputPipe } from './pipe.js';
import type { SoundTrack } from './track.js';

/** The options of a video. */
export interface VideoOptions {
  /** Pixels of the frames; MP4 and WebM drop the last row or column of an odd side. */
  width: number;
  height: number;
  /** Frames per second, 25 for a talker. */
  fps: number;
  /**
   * The exact number of frames: the sound is cut or padded with silence to their duration. Default: as many as are written, and the sound
   * as long as its track, which ends before {@link VideoWriter.finish}. Such a video leaves frame by frame if it goes to a stream.
   */
  frames?: number | undefined;
  /** The sound, `Sound.track`; ignored by formats that hold none. */
  sound?: SoundTrack | undefined;
  /** Quality, lower is better: 0 to 51 for MP4 (default 20), 0 to 63 for WebM (default 30). */
  crf?: number | undefined;
  /** x264 preset from 'ultrafast' to 'veryslow', for MP4. Default 'veryfast'. */
  preset?: string | undefined;
  /** Whether frames have opacity, if the format can hold it. Default false. */
  transparent?: boolean | undefined;
  /** Whether an existing file may be replaced, atomically and only when the new one is complete. Default true. */
  overwrite?: boolean | undefined;
  /** The format, independent of the output's name; default: see {@link formatOf}. */
  format?: VideoFormatName | undefined;
  /** Encoder threads. Default 2. */
  threads?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** The format for the name of an output. */
export function videoFormat(file: string): VideoFormat {
  if (typeof file !== 'string' || file === '') throw invalidArgument('a path', 'the output', file);
  if (isFolder(file)) return png;
  const extension = extname(file).toLowerCase();
  const format = { '.mp4': mp4, '.webm': webm, '.gif': gif }[extension];
  if (format) return format;
  if (extension === '.png' && FRAME_NUMBER.test(basename(file))) return png;
  throw new KdtalkerError(
    'OUTPUT_FORMAT',
    `Expected a name ending in .mp4, .webm or .gif, or frames as 'folder/%05d.png' or 'folder/', for the output but received '${file}'.`,
  );
}

/** Formats that can be requested by name: those of one file. */
const NAMED = { mp4, webm, gif } as const;

/** The name of a format of one file. */
export type VideoFormatName = keyof typeof NAMED;

/** The format of an output: the requested one, else the one of its name; MP4 for a stream, and for a pipe whose name has none. */
export async function formatOf(output: VideoOutput, named?: VideoFormatName): Promise<VideoFormat> {
  if (typeof output !== 'string') {
    checkWritable(output);
    return NAMED[named ?? 'mp4'];
  }
  const isFrames = output === '' || isFolder(output) || extname(output).toLowerCase() === '.png';
  if (named !== undefined && !isFrames) return NAMED[named];
  if (named !== undefined && output !== '') throw invalidArgument('none for frames', 'format', named);
  try {
    return videoFormat(output);
  } catch (error) {
    if (await isPipe(output)) return mp4;
    throw error;
  }
}

/** The destination of a video: the path of a file or a named pipe, or a stream. */
export type VideoOutput = string | Writable;

/**
 * Starts a video file.
 *
 * No file has the final name before {@link VideoWriter.finish}. Until then frames go to a hidden file beside it (`.name.kdtalker-*.part`),
 * which any failure, abort or exit removes.
 *
 * @param file `x.mp4` (H.264 + AAC), `x.webm` (VP9 + Opus), `x.gif`, or frames: `dir/%05d.png` or `dir/`, numbered from 0; older frames of
 *   the same names are replaced. A named pipe and a stream receive the video while it is made.
 * @throws OUTPUT_FORMAT, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, FFMPEG_NOT_FOUND, INVALID_ARGUMENT, ABORTED
 */
export async function openVideo(file: VideoOutput, options: VideoOptions): Promise<VideoWriter> {
  return (await planVideo(file, options))(options);
}

/** The options known before the sound is read. */
export type VideoPlanOptions = Omit<VideoOptions, 'frames' | 'sound' | 'signal'>;

/** The options that depend on the sound. */
export type VideoContents = Pick<VideoOptions, 'frames' | 'sound' | 'signal'>;

/**
 * Checks everything that can be checked before rendering. Returns a function that opens the video.
 *
 * @throws OUTPUT_FORMAT, OUTPUT_UNWRITABLE, INVALID_ARGUMENT
 */
export async function planVideo(
  output: VideoOutput,
  options: VideoPlanOptions,
): Promise<(contents: VideoContents) => Promise<VideoWriter>> {
  const format = await formatOf(output, options.format);
  checkEncoding(options, format);
  const overwrite = options.overwrite ?? true;
  const file = typeof output === 'string' ? output : 'a stream';
  const isStream = typeof output !== 'string' || (await isPipe(output));
  if (!isStream) await checkFinal(format === png ? framePlace(file).frame(0) : file, overwrite);
  return async ({ frames, sound, signal }) => {
    throwIfAborted(signal, `Encoding '${file}'`);
    if (frames !== undefined && !(Number.isInteger(frames) && frames >= 1))
      throw invalidArgument('a positive integer', 'frames', frames);
    const { width, height, fps, crf, preset, threads = 2 } = options;
    const pixelFormat = (options.transparent ? format.transparentFormat : undefined) ?? format.pixelFormat;
    const spec = { width, height, fps, crf, preset, threads, signal, frames, pixelFormat };
    const all = { ...spec, sound: format.sound ? sound : undefined };
    const target = await openTarget(output, { format, count: frames, overwrite, signal });
    return startVideo(file, format, all, target);
  };
}

async function startVideo(
  file: string,
  format: VideoFormat,
  spec: VideoSpec,
  target: VideoTarget,
): Promise<VideoWriter> {
  try {
    await ownTurn();
    return new VideoWriter(file, format, format.open(target.temporary, file, spec), target, spec);
  } catch (error) {
    await target.discard();
    throw error;
  }
}

type VideoTarget = Target<string | OutputStream>;

/** A video being written. One call at a time; any error removes what was written. */
export class VideoWriter {
  readonly file: string;
  readonly format: VideoFormat['name'];
  /** The layout of frames for {@link write}. */
  readonly pixelFormat: EncoderPixelFormat;
  readonly #encoder: Encoder;
  readonly #target: VideoTarget;
  readonly #spec: VideoSpec;
  #written = 0;
  #state: 'open' | 'finished' | 'aborted' = 'open';
  #cleaning: Promise<void> | undefined;

  /** @internal use {@link openVideo} */
  constructor(file: string, format: VideoFormat, encoder: Encoder, target: VideoTarget, spec: VideoSpec) {
    this.file = file;
    this.format = format.name;
    this.pixelFormat = spec.pixelFormat;
    this.#encoder = encoder;
    this.#target = target;
    this.#spec = spec;
    spec.signal?.addEventListener('abort', this.#stop, { once: true });
  }

  /**
   * Encodes the next frame.
   *
   * @returns when the frame's memory may be reused; slow encoders delay the caller here
   * @throws FFMPEG_FAILED, OUTPUT_DISK_FULL, OUTPUT_UNWRITABLE, INVALID_ARGUMENT, CLOSED, ABORTED
   */
  async write(frame: Uint8Array): Promise<void> {
    this.#check();
    const { width, height, frames } = this.#spec;
    const expected = bytesOfFrame(this.pixelFormat, width, height);
    if (frame.length !== expected)
      throw invalidArgument(`${expected} bytes of ${this.pixelFormat}`, 'frame', frame);
    if (this.#written === frames) throw invalidArgument(`${frames} frames`, 'the video', 'one more');
    await this.#guard(async () => {
      await this.#encoder.write(frame);
      // An encoder that was ended meanwhile may still have taken the frame.
      this.#check();
    });
    this.#written += 1;
  }

  /**
   * Completes the file and renames it to its final name.
   *
   * @throws as {@link write}; INVALID_ARGUMENT if frames are missing, or none was written
   */
  async finish(): Promise<{ bytes: number }> {
    this.#check();
    const { frames = Math.max(1, this.#written) } = this.#spec;
    return this.#guard(async () => {
      if (this.#written !== frames) throw invalidArgument(`${frames} frames`, 'the video', this.#written);
      await this.#encoder.finish();
      this.#check();
      const bytes = await this.#target.commit();
      this.#state = 'finished';
      this.#forgetSignal();
      return { bytes };
    });
  }

  /** Stops the encoder and removes what was written. Does nothing after {@link finish} or a failure. */
  async abort(): Promise<void> {
    if (this.#state === 'open') this.#state = 'aborted';
    if (this.#state === 'aborted') await this.#clean();
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.abort();
      const { signal } = this.#spec;
      throw signal?.aborted ? aborted(signal, `Encoding '${this.file}'`) : error;
    }
  }

  #clean(): Promise<void> {
    this.#forgetSignal();
    this.#cleaning ??= this.#encoder.abort().then(() => this.#target.discard());
    return this.#cleaning;
  }

  /** The next use of the writer reports an error of the cleanup; here nobody listens. */
  readonly #stop = () => void this.abort().catch(() => {});

  #forgetSignal(): void {
    this.#spec.signal?.removeEventListener('abort', this.#stop);
  }

  #check(): void {
    throwIfAborted(this.#spec.signal, `Encoding '${this.file}'`);
    if (this.#state === 'open') return;
    throw new KdtalkerError('CLOSED', `Expected an open video but '${this.file}' was ${this.#state}.`);
  }
}

/** The placeholder for the number in a frame's name: %d, %5d or %05d, exactly once. */
const FRAME_NUMBER = /^[^%]*%(0?\d{0,2})d[^%]*$/;

function isFolder(file: string): boolean {
  if (file.endsWith('/')) return true;
  try {
    return statSync(file).isDirectory();
  } catch {
    return false;
  }
}

interface TargetOptions {
  format: VideoFormat;
  /** The number of frames, if it is known. */
  count: number | undefined;
  overwrite: boolean;
  signal: AbortSignal | undefined;
}

async function openTarget(output: VideoOutput, options: TargetOptions): Promise<VideoTarget> {
  const { format, count, overwrite, signal } = options;
  if (typeof output !== 'string') return new OutputStream(output, 'a stream');
  if (await isPipe(output)) return new OutputStream(await openOutputPipe(output, signal), output, true);
  if (format.name !== 'png') return fileTarget(output, overwrite);
  const { folder, ...names } = framePlace(output);
  return folderTarget(folder, { count, ...names, overwrite });
}

/** The destination of a sequence of frames. */
function framePlace(file: string) {
  const pattern = isFolder(file) ? join(file, '%05d.png') : file;
  const folder = dirname(pattern);
  const nameOf = (index: number) => numberedName(basename(pattern), index);
  const indexOf = (name: string) => {
    const index = Number(name.slice(basename(pattern).indexOf('%')).match(/^\d+/)?.[0]);
    return nameOf(index) === name ? index : undefined;
  };
  return { folder, nameOf, indexOf, frame: (index: number) => join(folder, nameOf(index)) };
}

function numberedName(pattern: string, index: number): string {
  const width = Number(FRAME_NUMBER.exec(pattern)?.[1] || 0);
  return pattern.replace(/%\d*d/, String(index).padStart(width, '0'));
}

function checkEncoding(options: VideoPlanOptions, format: VideoFormat): void {
  const { width, height, fps, crf, preset, threads = 2 } = options;
  const [least, most] = VIDEO_SIDE;
  for (const [name, side] of Object.entries({ width, height })) {
    if (!Number.isInteger(side) || side < least || side > most)
      throw invalidArgument(`an integer from ${least} to ${most}`, `${name} of the video`, side);
  }
  if (!(fps > 0 && fps <= 1000)) throw invalidArgument('a number above 0 and up to 1000', 'fps', fps);
  if (!Number.isInteger(threads) || threads < 1)
    throw invalidArgument('a positive integer', 'threads', threads);
  checkQuality(format, crf, preset);
}

function checkQuality(format: VideoFormat, crf: number | undefined, preset: string | undefined): void {
  if (crf !== undefined) {
    if (!format.crf) throw invalidArgument(`nothing, ${format.name} has no such option,`, 'crf', crf);
    const [low, high] = format.crf;
    if (!(crf >= low && crf <= high)) throw invalidArgument(`a number from ${low} to ${high}`, 'crf', crf);
  }
  if (preset === undefined) return;
  if (!format.presets) throw invalidArgument(`nothing, ${format.name} has no such option,`, 'preset', preset);
  if (!format.presets.includes(preset))
    throw invalidArgument(`one of ${format.presets.join(', ')}`, 'preset', preset);
}
