import { aborted, invalidArgument, KdtalkerError, quote } from '../errors.js';
import type { Picture } from '../picture.js';
import { warnOnce } from '../warnings.js';
import { ByteReader } from './bytes.js';
import { fileInput } from './ffmpeg-input.js';
import { type FfmpegExit, FfmpegProcess } from './ffmpeg-process.js';
import { type FileInput, fileOf } from './file-input.js';
import { headOf } from './head.js';
import { checkPictureSize } from './picture.js';
import { isPlaylist } from './playlist.js';
import { InputFile } from './sources/input-file.js';
import { type Contents, defaultTrack, keepFileStart, type MediaTrack, probe } from './sources/probe.js';
import { pictureFilters } from './video-filters.js';

/** A file of a few bytes can claim to last for years: a video longer than an hour needs an explicit limit. */
const MAX_SECONDS = 3600;

/** A video input: a path or a `file:` URL, or the bytes of a file. */
export type VideoInput = FileInput;

/** How a video is read. */
export interface FrameSourceOptions {
  /** Pictures a second of {@link FrameSource.frames}, whatever the file's own rate. */
  fps: number;
  signal: AbortSignal | undefined;
  /** The index of the video track, from 0; default: the track that the file marks as default, else the first. */
  track?: number | undefined;
  /** The longest video that is accepted; default {@link MAX_SECONDS}. */
  maxSeconds?: number | undefined;
}

/**
 * The pictures of a video, decoded on demand by an ffmpeg: one in memory, a little in the pipe. They are rotated as the file says, with
 * square pixels, and high dynamic range is mapped to an ordinary screen. Time starts at the file's start, as for its sound.
 */
export class FrameSource {
  readonly #name: string;
  readonly #file: InputFile;
  readonly #options: FrameSourceOptions;
  readonly #running = new Set<FfmpegProcess>();
  readonly #ended = new AbortController();
  #track: Promise<MediaTrack> | undefined;

  private constructor(input: string | Uint8Array, name: string, options: FrameSourceOptions) {
    this.#name = name;
    this.#file = new InputFile(typeof input === 'string' ? input : () => [input]);
    this.#options = options;
  }

  /** @throws FILE_NOT_FOUND, VIDEO_UNREADABLE for an empty file or a playlist, INVALID_ARGUMENT */
  static async open(input: VideoInput, options: FrameSourceOptions): Promise<FrameSource> {
    const file = await fileOf(input, 'video', 'a path or bytes');
    const name = typeof file === 'string' ? quote(file) : `${file.byteLength} bytes`;
    const head = await headOf(file, 'video');
    if (head.length === 0) throw unreadable(name, 'is empty');
    if (isPlaylist(head)) throw unreadable(name, 'is a playlist');
    return new FrameSource(file, name, options);
  }

  /**
   * Yields all pictures from the first; every call decodes again. Ending the iteration ends the ffmpeg.
   *
   * @throws VIDEO_UNREADABLE, VIDEO_TOO_LONG, FFMPEG_NOT_FOUND, FFMPEG_FAILED, PICTURE_TOO_SMALL, PICTURE_TOO_LARGE, INVALID_ARGUMENT (no
   *   such track), ABORTED, CLOSED
   */
  async *frames(): AsyncGenerator<Picture, void, undefined> {
    this.#check();
    const { fps, signal } = this.#options;
    this.#track ??= this.#choose();
    const args = decodeArguments(await this.#file.path(), await this.#track, fps);
    this.#check();
    const process = FfmpegProcess.start(args, { signal, what: `Decoding ${this.#name}`, stdout: true });
    this.#running.add(process);
    let count = 0;
    try {
      for await (const picture of this.#pictures(process)) {
        if (++count > this.#mostPictures) throw tooLong(this.#name, this.#options);
        yield picture;
      }
      await this.#finish(process, count);
    } finally {
      await process.kill();
      this.#running.delete(process);
    }
  }

  /** Stops all decoding and removes temporary files. May be called twice. */
  async close(): Promise<void> {
    this.#ended.abort();
    await this.#track?.catch(() => {});
    await Promise.all([...this.#running].map((process) => process.kill()));
    await this.#file.remove();
  }

  async *#pictures(process: FfmpegProcess): AsyncGenerator<Picture> {
    const reader = new ByteReader(process.stdout);
    let first: Picture | undefined;
    for (;;) {
      const picture = await this.#guard(() => readPpm(reader, this.#name));
      this.#check();
      if (picture === undefined) return;
      if (picture === 'cut') throw process.earlyEnd(await process.wait(), 'it had given a whole picture');
      first ??= picture;
      if (picture.width !== first.width || picture.height !== first.height)
        throw unreadable(this.#name, 'changes its size');
      yield picture;
    }
  }

  /** Reports an abort or close() as the reason of the pipe that it broke. */
  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#check();
      throw error;
    }
  }

  /** Accepts the end of the pictures, or throws the error that ffmpeg reports. */
  async #finish(process: FfmpegProcess, count: number): Promise<void> {
    const exit = await process.wait();
    this.#check();
    const error = process.errorOf(exit);
    if (count === 0 && (error === undefined || (error.code === 'FFMPEG_FAILED' && !exit.signal)))
      throw nothingDecoded(this.#name, exit, error);
    if (error) throw error;
  }

  async #choose(): Promise<MediaTrack> {
    const { track: wanted } = this.#options;
    const contents = await this.#guard(() => this.#probe());
    const all = contents.tracks.filter(({ kind }) => kind === 'pictures');
    const track = wanted === undefined ? defaultTrack(all, 'pictures') : all[wanted];
    if (track !== undefined) return warnOfColours(track, this.#name);
    if (contents.format === undefined) throw unreadable(this.#name, `ffmpeg cannot decode. ${contents.said}`);
    if (all.length === 0) throw unreadable(this.#name, `has no pictures (it is ${contents.format})`);
    throw invalidArgument(`a track of pictures from 0 to ${all.length - 1}`, 'videoTrack', wanted);
  }

  async #probe(): Promise<Contents> {
    const { signal } = this.#options;
    const ended = signal ? AbortSignal.any([signal, this.#ended.signal]) : this.#ended.signal;
    return probe(await this.#file.path(), ended);
  }

  get #mostPictures(): number {
    const { fps, maxSeconds = MAX_SECONDS } = this.#options;
    return Math.ceil(maxSeconds * fps);
  }

  #check(): void {
    const { signal } = this.#options;
    if (signal?.aborted) throw aborted(signal, `Decoding ${this.#name}`);
    if (this.#ended.signal.aborted)
      throw new KdtalkerError('CLOSED', 'Expected an open video but it was closed');
  }
}

function decodeArguments(file: string, track: MediaTrack, fps: number): string[] {
  const filters = [
    '-vf',
    pictureFilters(track.text, fps),
    '-sws_flags',
    'bicubic+accurate_rnd+full_chroma_int',
  ];
  // PPM is raw RGB24 with the size before each picture.
  const pictures = ['-pix_fmt', 'rgb24', '-c:v', 'ppm', '-f', 'image2pipe', 'pipe:1'];
  return [...fileInput(file), '-map', `0:${track.index}`, ...filters, ...pictures, ...keepFileStart(track)];
}

/** The next picture of a stream of binary PPM files; undefined at the end, 'cut' if the stream ends within a picture. */
async function readPpm(reader: ByteReader, name: string): Promise<Picture | 'cut' | undefined> {
  const lines = [await readLine(reader), await readLine(reader), await readLine(reader)];
  if (lines[0] === '') return undefined;
  if (lines[2] === '') return 'cut';
  const [, width, height] = (/^P6 (\d+) (\d+) 255$/.exec(lines.join(' ')) ?? []).map(Number);
  if (width === undefined || height === undefined)
    throw unreadable(name, 'ffmpeg does not decode into pictures');
  checkPictureSize(width, height, name);
  const data = await reader.take(3 * width * height);
  return data.length === 3 * width * height ? { data, width, height } : 'cut';
}

/** Reads up to a line feed and consumes it. */
async function readLine(reader: ByteReader): Promise<string> {
  let line = '';
  while (line.length < 32) {
    const [byte] = await reader.take(1);
    if (byte === undefined || byte === 0x0a) break;
    line += String.fromCharCode(byte);
  }
  return line;
}

/** A track may hold no picture, or one above ffmpeg's size limit. */
function nothingDecoded(name: string, exit: FfmpegExit, cause: KdtalkerError | undefined): KdtalkerError {
  const [, width, height] = (/Picture size (\d+)x(\d+)/.exec(exit.stderr) ?? []).map(Number);
  if (width !== undefined && height !== undefined) checkPictureSize(width, height, name);
  return unreadable(name, `ffmpeg cannot decode. ${cause?.message ?? 'It holds no picture'}`, cause);
}

/** Dolby Vision's profile 5 has its own colour space, which ffmpeg mistakes for another. */
function warnOfColours(track: MediaTrack, name: string): MediaTrack {
  if (/\b(dvh1|dvhe)\b/.test(track.text) && !/bt2020|bt709/.test(track.text))
    warnOnce(
      'VIDEO_COLOURS',
      `The colours of ${name} are Dolby Vision's own, which cannot be converted: the pictures will have wrong colours. Export it as SDR, HLG or HDR10.`,
      name,
    );
  return track;
}

function tooLong(name: string, { maxSeconds = MAX_SECONDS }: FrameSourceOptions): KdtalkerError {
  const message = `Expected a video of at most ${maxSeconds} s but ${name} is longer. Cut it, or allow more with maxSeconds.`;
  return new KdtalkerError('VIDEO_TOO_LONG', message);
}

function unreadable(name: string, why: string, cause?: unknown): KdtalkerError {
  const message = `Expected a video but received ${name}, which ${why}. Give a complete video file.`;
  return new KdtalkerError('VIDEO_UNREADABLE', message, { cause });
}
