import { PowerSpectrum } from '../arithmetic/fourier.js';
import { median } from '../arithmetic/statistics.js';
import { energyIn, melBands } from './mel-bands.js';

/** Samples a second at which beats are looked for. */
export const BEAT_RATE = 22050;
/** Samples between two values of the onset strength. */
export const HOP = 512;
const SIZE = 2048;
const BANDS = 128;
/** Decibels below the loudest band that are silence. */
const RANGE = 80;
const FAINTEST = 1e-10;
/** Values by which the strength is late: one for the difference, two for half of the window. */
const DELAY = 1 + SIZE / (2 * HOP);

/** Reads a sound at {@link BEAT_RATE} from its beginning, -1 to 1, in pieces. */
export type ReadSound = () => AsyncIterable<Float32Array>;

/**
 * How much louder the median of 128 mel bands became since the frame before, in decibels: librosa's onset strength as its beat tracker
 * computes it. Reads the sound twice, since the loudest moment decides what is silence; memory holds only the result.
 *
 * @returns a value for every {@link HOP} samples, from time 0
 */
export async function onsetStrength(read: ReadSound): Promise<Float64Array> {
  let [loudest, count] = [Number.NEGATIVE_INFINITY, 0];
  for await (const decibels of columnsOf(read())) {
    count += 1;
    for (const value of decibels) loudest = Math.max(loudest, value);
  }
  const strength = new Float64Array(count);
  let at = 0;
  let last: Float32Array | undefined;
  for await (const decibels of columnsOf(read())) {
    for (let band = 0; band < BANDS; band++) decibels[band] = Math.max(decibels[band]!, loudest - RANGE);
    if (last && at + DELAY - 1 < count) strength[at + DELAY - 1] = medianRise(last, decibels);
    last = decibels;
    at += 1;
  }
  return strength;
}

function medianRise(from: Float32Array, to: Float32Array): number {
  return median(Float64Array.from(to, (value, band) => Math.max(0, value - from[band]!)));
}

/** Decibels of each band in windows around every {@link HOP} samples; beyond the ends is silence. */
async function* columnsOf(
  chunks: AsyncIterable<Float32Array>,
): AsyncGenerator<Float32Array, void, undefined> {
  const column = columnMaker();
  const silence = new Float32Array(SIZE / 2);
  let held = silence;
  let samples = 0;
  let made = 0;
  for await (const chunk of withSilence(chunks, silence)) {
    held = joined(held, chunk);
    samples += chunk === silence ? 0 : chunk.length;
    let start = 0;
    for (; start + SIZE <= held.length && made <= samples / HOP; start += HOP, made += 1)
      yield column(held.subarray(start, start + SIZE));
    held = held.slice(start);
  }
}

async function* withSilence(chunks: AsyncIterable<Float32Array>, silence: Float32Array) {
  yield* chunks;
  yield silence;
}

function joined(first: Float32Array, second: Float32Array): Float32Array<ArrayBuffer> {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function columnMaker(): (samples: Float32Array) => Float32Array {
  const spectrum = new PowerSpectrum(SIZE);
  const bands = melBands(BANDS, SIZE, BEAT_RATE);
  const hann = Float64Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
  return (samples) => {
    const power = spectrum.of(hann.map((weight, i) => weight * samples[i]!));
    return Float32Array.from(bands, (band) => 10 * Math.log10(Math.max(FAINTEST, energyIn(band, power))));
  };
}
