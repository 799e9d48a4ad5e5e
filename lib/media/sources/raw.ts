import { types } from 'node:util';
import { invalidArgument } from '../../errors.js';
import { mixDown, speechEmpty } from '../samples.js';
import { type RawSound, wavPieces } from '../wav-writer.js';
import { InputFile } from './input-file.js';
import type { SoundSource } from './source.js';

const MAX_RATE = 768_000;

/** PCM in the caller's memory, which must not change before the sound is closed. */
export class RawSource implements SoundSource {
  readonly name = 'PCM';
  readonly sampleRate: number;
  readonly samples: number;
  readonly #sound: Required<RawSound> & { channels: number };
  readonly #file: InputFile;

  private constructor(sound: Required<RawSound> & { channels: number }) {
    this.#sound = sound;
    this.sampleRate = sound.sampleRate;
    this.samples = sound.samples.length / sound.channels;
    this.#file = new InputFile(() => wavPieces(sound));
  }

  /** @throws INVALID_ARGUMENT, SPEECH_EMPTY */
  static open(input: RawSound): RawSource {
    if (typeof input !== 'object' || input === null)
      throw invalidArgument('a path, bytes or PCM', 'speech', input);
    const { samples, sampleRate, channels = 1 } = input;
    if (!types.isFloat32Array(samples) && !types.isInt16Array(samples)) {
      throw invalidArgument('a Float32Array or Int16Array', 'speech.samples', samples);
    }
    if (!Number.isInteger(sampleRate) || sampleRate < 1 || sampleRate > MAX_RATE) {
      throw invalidArgument(`an integer from 1 to ${MAX_RATE}`, 'speech.sampleRate', sampleRate);
    }
    if (!Number.isInteger(channels) || channels < 1 || channels > 64) {
      throw invalidArgument('an integer from 1 to 64', 'speech.channels', channels);
    }
    if (samples.length % channels !== 0) {
      throw invalidArgument(`a multiple of ${channels} samples`, 'speech.samples', samples);
    }
    if (samples.length === 0) throw speechEmpty('PCM', 'has no samples');
    return new RawSource({ samples, sampleRate, channels });
  }

  async *read(): AsyncGenerator<Float32Array> {
    const { samples, channels, sampleRate } = this.#sound;
    const scale = { zero: 0, full: types.isInt16Array(samples) ? 2 ** 15 : 1 };
    const block = sampleRate * channels;
    for (let at = 0; at < samples.length; at += block) {
      yield mixDown(samples.subarray(at, at + block), channels, scale);
    }
  }

  file(): Promise<string> {
    return this.#file.path();
  }

  close(): Promise<void> {
    return this.#file.remove();
  }
}
