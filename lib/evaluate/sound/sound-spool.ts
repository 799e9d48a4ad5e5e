import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { orOutputError } from '../../files/output-error.js';
import { TemporaryPath } from '../../files/temporary-path.js';
import { readFully } from '../../files/whole-io.js';
import { Resampler } from './resampler.js';

/** Samples a second that SyncNet hears. */
export const SYNC_RATE = 16000;

/** A sound of 16 bits at 16 kHz on the disk, 115 MB an hour, whose samples can be read at any place. */
export class SoundSpool {
  readonly #place: TemporaryPath;
  readonly #file: FileHandle;
  readonly #resampler: Resampler;
  #length = 0;

  private constructor(place: TemporaryPath, file: FileHandle, sampleRate: number) {
    this.#place = place;
    this.#file = file;
    this.#resampler = new Resampler(sampleRate, SYNC_RATE);
  }

  /** @param sampleRate of what will be written @throws OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL for the folder of temporary files */
  static async create(sampleRate: number): Promise<SoundSpool> {
    const folder = tmpdir();
    const place = await orOutputError(TemporaryPath.makeFile(folder, 'kdtalker-sound'), folder);
    try {
      return new SoundSpool(place, await open(place.path, 'r+'), sampleRate);
    } catch (error) {
      await place.remove();
      throw error;
    }
  }

  /** Samples that are written. */
  get length(): number {
    return this.#length;
  }

  async add(samples: Float32Array): Promise<void> {
    await this.#write(this.#resampler.add(samples));
  }

  /** Call it after the last samples. */
  async end(): Promise<void> {
    await this.#write(this.#resampler.end());
  }

  async #write(samples: Float32Array): Promise<void> {
    const bytes = Int16Array.from(samples, sixteenBits);
    const place = 2 * this.#length;
    await orOutputError(
      this.#file.write(new Uint8Array(bytes.buffer), 0, bytes.byteLength, place),
      this.#place.path,
    );
    this.#length += samples.length;
  }

  /** Samples from a place on, fewer at the end. */
  async read(from: number, count: number): Promise<Int16Array> {
    const samples = new Int16Array(Math.max(0, Math.min(count, this.#length - from)));
    await readFully(this.#file, new Uint8Array(samples.buffer), 2 * from);
    return samples;
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.#place.remove();
  }
}

const sixteenBits = (sample: number) => Math.min(Math.max(Math.round(sample * 32768), -32768), 32767);
