import { types } from 'node:util';
import { invalidArgument } from '../../errors.js';
import { SAMPLE_RATES } from '../../limits.js';
import { type Block, speechEmpty } from '../samples.js';
import type { SoundSource } from './source.js';

/** PCM from the caller. */
export interface RawSound {
  /** Interleaved samples: floats from -1 to 1, or 16-bit integers. */
  samples: Float32Array | Int16Array;
  /** Samples per second of each channel. */
  sampleRate: number;
  /** Default 1. */
  channels?: number | undefined;
}

const [LEAST_RATE, MAX_RATE] = SAMPLE_RATES;

/** PCM in the caller's memory, which must not change before the sound is closed. */
export class RawSource implements SoundSource {
  readonly name = 'PCM';
  readonly sampleRate: number;
  readonly channels: number;
  readonly speakers = 0;
  readonly samples: number;
  readonly #values: Float32Array | Int16Array;

  private constructor({ samples, sampleRate, channels }: RawSound & { channels: number }) {
    this.sampleRate = sampleRate;
    this.channels = channels;
    this.samples = samples.length / channels;
    this.#values = samples;
  }

  /** @throws INVALID_ARGUMENT, SPEECH_EMPTY */
  static open(input: RawSound): RawSource {
    if (typeof input !== 'object' || input === null)
      throw invalidArgument('a path, bytes, a stream or PCM', 'speech', input);
    const { samples, sampleRate, channels = 1 } = input;
    if (!types.isFloat32Array(samples) && !types.isInt16Array(samples)) {
      throw invalidArgument('a Float32Array or Int16Array', 'speech.samples', samples);
    }
    if (!Number.isInteger(sampleRate) || sampleRate < LEAST_RATE || sampleRate > MAX_RATE) {
      throw invalidArgument(`an integer from ${LEAST_RATE} to ${MAX_RATE}`, 'speech.sampleRate', sampleRate);
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

  async *read(): AsyncGenerator<Block> {
    const { channels, sampleRate } = this;
    const scale = { zero: 0, full: types.isInt16Array(this.#values) ? 2 ** 15 : 1 };
    const length = sampleRate * channels;
    for (let at = 0; at < this.#values.length; at += length) {
      yield { samples: this.#values.subarray(at, at + length), channels, scale };
    }
  }

  async close(): Promise<void> {}
}
