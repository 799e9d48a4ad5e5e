import type { ByteReader } from './bytes.js';
import type { Block, Interleaved, SampleScale } from './samples.js';
import type { WavHeader } from './wav.js';
import type { Coding } from './wav-format.js';

/** The most bytes per read, whatever rate and channels a header claims. */
const MAX_BLOCK = 2 ** 22;

/** Full scale is the power of two above the largest value: 16 bits are divided by 32768 exactly. */
export const CODING_SCALES: Record<Coding, SampleScale> = {
  u8: { zero: 128, full: 2 ** 7 },
  s16: { zero: 0, full: 2 ** 15 },
  s24: { zero: 0, full: 2 ** 23 },
  s32: { zero: 0, full: 2 ** 31 },
  f32: { zero: 0, full: 1 },
  f64: { zero: 0, full: 1 },
};

/** Yields the samples after the header, about one second at a time; a truncated file ends with its last whole frame. */
export async function* readWavSamples(reader: ByteReader, header: WavHeader): AsyncGenerator<Block> {
  const { bytesPerFrame, channels, coding, sampleRate, dataBytes } = header;
  const block = bytesPerFrame * Math.max(1, Math.min(sampleRate, Math.floor(MAX_BLOCK / bytesPerFrame)));
  for (let left = dataBytes; left >= bytesPerFrame; left -= block) {
    const wanted = Math.min(block, left);
    const bytes = await reader.take(wanted);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % bytesPerFrame));
    if (whole.length > 0) yield { samples: decodeWav(whole, coding), channels, scale: CODING_SCALES[coding] };
    if (bytes.length < wanted) return;
  }
}

/** Views bytes at an aligned offset of their memory as numbers of their coding. */
export function decodeWav(bytes: Uint8Array, coding: Coding): Interleaved {
  const { buffer, byteOffset, length } = bytes;
  if (coding === 'u8') return bytes;
  if (coding === 's16') return new Int16Array(buffer, byteOffset, length / 2);
  if (coding === 's32') return new Int32Array(buffer, byteOffset, length / 4);
  if (coding === 'f32') return new Float32Array(buffer, byteOffset, length / 4);
  if (coding === 'f64') return new Float64Array(buffer, byteOffset, length / 8);
  return decode24(bytes);
}

function decode24(bytes: Uint8Array): Int32Array {
  const out = new Int32Array(bytes.length / 3);
  for (let i = 0, b = 0; i < out.length; i++, b += 3) {
    out[i] = bytes[b]! | (bytes[b + 1]! << 8) | ((bytes[b + 2]! << 24) >> 8);
  }
  return out;
}
