import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { orOutputError } from '../../files/output-error.js';
import { readPicture, recode, recodePictures } from '../../media/index.js';
import type { Picture } from '../../picture.js';
import { BENCH_FPS } from '../bench/bench.js';
import { SYNC_RATE } from '../sound/sound-spool.js';
import { SYNC_SIDE } from './sync-crop.js';

/** The sound begins with the pictures, as ffmpeg's `-async 1` has it, which newer versions lack. */
const IN_STEP = ['-af', 'aresample=async=1:first_pts=0'];
const SOUND = ['-vn', ...IN_STEP, '-ac', '1', '-c:a', 'pcm_s16le', '-ar', String(SYNC_RATE)];
const MOVIE = ['-qscale:v', '2', ...IN_STEP, '-r', String(BENCH_FPS)];
const JPEGS = ['-an', '-qscale:v', '2', '-f', 'image2'];
/** Nobody asks for a quality. */
const PLAIN_JPEGS = ['-threads', '1', '-an', '-r', String(BENCH_FPS), '-f', 'image2'];
/** OpenCV's VideoWriter with the code XVID: 64 bits a pixel, which leaves the least quantiser, and a whole picture every twelve. */
const XVID = [
  '-c:v',
  'mpeg4',
  '-tag:v',
  'XVID',
  '-b:v',
  String(64 * BENCH_FPS * SYNC_SIDE ** 2),
  '-qmin',
  '3',
  '-g',
  '12',
];

/**
 * The files that the published programs of LSE keep between their steps, each made of the one before. All methods throw FFMPEG_NOT_FOUND,
 * FFMPEG_FAILED, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED.
 */
export class PublishedFiles {
  readonly #folder: string;
  readonly #signal: AbortSignal | undefined;

  /** @param folder where they are written */
  constructor(folder: string, signal: AbortSignal | undefined) {
    this.#folder = folder;
    this.#signal = signal;
  }

  /** A video as MPEG-4, 25 pictures a second, with its sound. @param seconds that count */
  movie(video: string, seconds: number): Promise<string> {
    return this.#recoded(video, 'movie.avi', ['-t', String(seconds), ...MOVIE]);
  }

  /** The sound of a video, mono at 16 kHz. @param seconds that count */
  sound(video: string, seconds: number): Promise<string> {
    return this.#recoded(video, 'sound.wav', ['-t', String(seconds), ...SOUND]);
  }

  /** The pictures in which faces are found, in a folder. */
  jpegs(movie: string): Promise<string> {
    return this.#pictures(movie, 'jpegs', JPEGS);
  }

  /** A video of the crops of a face, 224x224. @param crops their pixels; what it throws is thrown */
  async crops(crops: AsyncIterable<Uint8Array>): Promise<string> {
    const output = join(this.#folder, 'crops.avi');
    const size = { width: SYNC_SIDE, height: SYNC_SIDE };
    await recodePictures(crops, size, { output, codecs: XVID, signal: this.#signal });
    return output;
  }

  /** The pictures that SyncNet sees, in a folder. @param seconds that count; default: all */
  plainJpegs(video: string, seconds?: number): Promise<string> {
    const length = seconds === undefined ? [] : ['-t', String(seconds)];
    return this.#pictures(video, 'plain', [...length, ...PLAIN_JPEGS]);
  }

  async #pictures(video: string, name: string, codecs: readonly string[]): Promise<string> {
    const folder = join(this.#folder, name);
    await orOutputError(mkdir(folder), folder);
    const output = join(folder.replaceAll('%', '%%'), '%06d.jpg');
    await recode(video, { output, codecs, signal: this.#signal });
    return folder;
  }

  async #recoded(video: string, name: string, codecs: readonly string[]): Promise<string> {
    const output = join(this.#folder, name);
    await recode(video, { output, codecs, signal: this.#signal });
    return output;
  }
}

/** The pictures of a folder of JPEGs, in their order. @throws ABORTED */
export async function* jpegsIn(
  folder: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Picture, void, undefined> {
  for (let number = 1; ; number++) {
    const file = join(folder, `${String(number).padStart(6, '0')}.jpg`);
    if (!existsSync(file)) return;
    yield await readPicture(file, { signal });
  }
}
