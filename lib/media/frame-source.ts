import { types } from 'node:util';
import { aborted, invalidArgument, KdtalkerError } from '../errors.js';
import type { Picture } from '../picture.js';
import { ByteReader } from './bytes.js';
import { fileInput } from './ffmpeg-input.js';
import { FfmpegProcess } from './ffmpeg-process.js';
import { headOf } from './head.js';
import { checkPictureSize } from './picture.js';
import { isPlaylist } from './playlist.js';
import { InputFile } from './sources/input-file.js';
import { defaultTrack, probe } from './sources/probe.js';

/** What can be opened as a video: a path, or the bytes of a file. */
export type VideoInput = string | Uint8Array;

/** How a video is read. */
export interface FrameSourceOptions {
  /** Pictures a second that {@link FrameSource.frames} gives, whatever the file's own rate. */
  fps: number;
  signal: AbortSignal | undefined;
}

/**
 * The pictures of a video, decoded by an ffmpeg as they are taken: one in memory, a little in the pipe. Turned upright as the file
 * says; time is counted from the first picture.
 */
export class FrameSource {
  readonly #name: string;
  readonly #file: InputFile;
  readonly #options: FrameSourceOptions;
  readonly #running = new Set<FfmpegProcess>();
  #closed = false;

  private constructor(input: VideoInput, name: string, options: FrameSourceOptions) {
    this.#name = name;
    this.#file = new InputFile(typeof input === 'string' ? input : () => [input]);
    this.#options = options;
  }

  /** @throws FILE_NOT_FOUND, VIDEO_UNREADABLE for what is empty or a playlist, INVALID_ARGUMENT */
  static async open(input: VideoInput, options: FrameSourceOptions): Promise<FrameSource> {
    if (typeof input !== 'string' && !types.isUint8Array(input))
      throw invalidArgument('a path or bytes', 'video', input);
    const name = typeof input === 'string' ? `'${input}'` : `${input.byteLength} bytes`;
    const head = await headOf(input, 'video');
    if (head.length === 0) throw unreadable(name, 'is empty');
    if (isPlaylist(head)) throw unreadable(name, 'is a playlist');
    return new FrameSource(input, name, options);
  }

  /**
   * All pictures, from the first; every call decodes anew. Ending the iteration ends the ffmpeg.
   *
   * @throws VIDEO_UNREADABLE, FFMPEG_NOT_FOUND, FFMPEG_FAILED, PICTURE_TOO_SMALL, PICTURE_TOO_LARGE, ABORTED, CLOSED
   */
  async *frames(): AsyncGenerator<Picture, void, undefined> {
    this.#check();
    const { fps, signal } = this.#options;
    const args = decodeArguments(await this.#file.path(), fps);
    const process = FfmpegProcess.start(args, { signal, what: `Decoding ${this.#name}`, stdout: true });
    this.#running.add(process);
    let count = 0;
    try {
      for await (const picture of this.#pictures(process)) {
        count += 1;
        yield picture;
      }
      await this.#finish(process, count);
    } finally {
      await process.kill();
      this.#running.delete(process);
    }
  }

  /** Ends what runs and removes temporary files. Fine to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map((process) => process.kill()));
    await this.#file.remove();
  }

  async *#pictures(process: FfmpegProcess): AsyncGenerator<Picture> {
    const reader = new ByteReader(process.stdout);
    let first: Picture | undefined;
    for (;;) {
      const picture = await this.#next(reader);
      this.#check();
      if (picture === undefined) return;
      first ??= picture;
      if (picture.width !== first.width || picture.height !== first.height)
        throw unreadable(this.#name, 'changes its size');
      yield picture;
    }
  }

  /** A pipe that breaks because of an abort or close() has these for a reason. */
  async #next(reader: ByteReader): Promise<Picture | undefined> {
    try {
      return await readPpm(reader, this.#name);
    } catch (error) {
      this.#check();
      throw error;
    }
  }

  /** What came may be all; or ffmpeg has something to say. */
  async #finish(process: FfmpegProcess, count: number): Promise<void> {
    const exit = await process.wait();
    this.#check();
    const error = process.errorOf(exit);
    if (count === 0 && (error === undefined || (error.code === 'FFMPEG_FAILED' && !exit.signal)))
      throw await this.#explain(error);
    if (error) throw error;
  }

  async #explain(cause: KdtalkerError | undefined): Promise<KdtalkerError> {
    const { format, tracks } = await probe(await this.#file.path(), this.#options.signal);
    if (format && !defaultTrack(tracks, 'pictures'))
      return unreadable(this.#name, `has no pictures (it is ${format})`, cause);
    return unreadable(this.#name, `ffmpeg cannot decode. ${cause?.message ?? 'It holds no picture'}`, cause);
  }

  #check(): void {
    const { signal } = this.#options;
    if (signal?.aborted) throw aborted(signal, `Decoding ${this.#name}`);
    if (this.#closed) throw new KdtalkerError('CLOSED', 'Expected an open video but it was closed');
  }
}

function decodeArguments(file: string, fps: number): string[] {
  // V leaves covers out.
  const input = [...fileInput(file), '-map', '0:V:0'];
  const rate = [
    '-vf',
    `setpts=PTS-STARTPTS,fps=${fps}`,
    '-sws_flags',
    'bicubic+accurate_rnd+full_chroma_int',
  ];
  // PPM is raw RGB24 with its size in front of each picture.
  return [...input, ...rate, '-pix_fmt', 'rgb24', '-c:v', 'ppm', '-f', 'image2pipe', 'pipe:1'];
}

/** The next picture of a stream of binary PPM files; undefined at the end, also within a picture. */
async function readPpm(reader: ByteReader, name: string): Promise<Picture | undefined> {
  const lines = [await readLine(reader), await readLine(reader), await readLine(reader)];
  if (lines[2] === '') return undefined;
  const [, width, height] = (/^P6 (\d+) (\d+) 255$/.exec(lines.join(' ')) ?? []).map(Number);
  if (width === undefined || height === undefined)
    throw unreadable(name, 'ffmpeg does not decode into pictures');
  checkPictureSize(width, height, name);
  const data = await reader.take(3 * width * height);
  return data.length === 3 * width * height ? { data, width, height } : undefined;
}

/** Up to a line feed, which is taken too. */
async function readLine(reader: ByteReader): Promise<string> {
  let line = '';
  while (line.length < 32) {
    const [byte] = await reader.take(1);
    if (byte === undefined || byte === 0x0a) break;
    line += String.fromCharCode(byte);
  }
  return line;
}

function unreadable(name: string, why: string, cause?: unknown): KdtalkerError {
  const message = `Expected a video but received ${name}, which ${why}. Give a whole video file with a track of pictures.`;
  return new KdtalkerError('VIDEO_UNREADABLE', message, { cause });
}
