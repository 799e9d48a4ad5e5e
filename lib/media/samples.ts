import { KdtalkerError } from '../errors.js';

/** Samples of all channels, one time step after the other. */
export type Interleaved = Uint8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** The value of silence and the distance from it that means 1.0. Both are exact in binary. */
export interface SampleScale {
  zero: number;
  full: number;
}

/** A piece of a sound with all its channels, as stored. */
export interface Block {
  samples: Interleaved;
  channels: number;
  scale: SampleScale;
}

/** The mean of the channels, as numbers from -1 to 1; summed in double precision, rounded once. */
export function mixDown({ samples, channels, scale: { zero, full } }: Block): Float32Array {
  const mono = new Float32Array(Math.floor(samples.length / channels));
  for (let i = 0, s = 0; i < mono.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += samples[s++]!;
    mono[i] = (sum / channels - zero) / full;
  }
  return mono;
}

/** All channels, interleaved, as numbers from -1 to 1. Floats are returned as they are, not copied. */
export function toFloats({ samples, scale: { zero, full } }: Block): Float32Array {
  if (samples instanceof Float32Array) return samples;
  return Float32Array.from(samples, (sample) => (sample - zero) / full);
}

/**
 * Rejects NaN and infinity, which would spread over the whole clip.
 *
 * @param first index in the sound of the chunk's first sample
 * @throws SPEECH_NOT_FINITE naming the first bad sample
 */
export function checkFinite(chunk: Float32Array, first: number, sampleRate: number): void {
  const bad = chunk.findIndex((sample) => !Number.isFinite(sample));
  if (bad < 0) return;
  const index = first + bad;
  const when = (index / sampleRate).toFixed(3);
  throw new KdtalkerError(
    'SPEECH_NOT_FINITE',
    `Expected finite samples for speech but received ${chunk[bad]} at sample ${index} (${when} s). ` +
      'Repair the recording or whatever computed it.',
  );
}

/**
 * The error for a sound shorter than one video frame. The length is known only after resampling, so the engine's caller throws it.
 *
 * @param samples mono samples at `sampleRate`
 * @param fps video frames a second
 */
export function speechTooShort(samples: number, sampleRate: number, fps: number): KdtalkerError {
  const milliseconds = ((1000 * samples) / sampleRate).toFixed(1);
  return new KdtalkerError(
    'SPEECH_TOO_SHORT',
    `Expected at least ${Math.ceil(1000 / fps)} ms of sound, one video frame, for speech but received ${samples} samples at ` +
      `${sampleRate} Hz (${milliseconds} ms). Give a longer recording.`,
  );
}

/** The error for a sound without samples. */
export function speechEmpty(name: string, why: string): KdtalkerError {
  return new KdtalkerError(
    'SPEECH_EMPTY',
    `Expected sound for speech but received ${name}, which ${why}. Give a recording of at least one video frame.`,
  );
}
