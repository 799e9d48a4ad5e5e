import { PowerSpectrum } from '../arithmetic/fourier.js';

const LENGTH = 400;
const STEP = 160;
const SIZE = 512;
const RATE = 16000;
const BANDS = 26;
/** Numbers of a column that are kept. */
export const COEFFICIENTS = 13;
const EMPHASIS = 0.97;
const LIFTER = 22;
/** Takes the place of zeros before a logarithm. */
const TINY = 2 ** -52;

/**
 * The cepstral coefficients that SyncNet hears, as python_speech_features computes them.
 *
 * @param samples 16-bit integers at 16 kHz, not scaled
 * @returns columns of 13 numbers, 100 a second: frames of 400 samples every 160, the last one filled with zeros
 */
export function mfcc(samples: ArrayLike<number>): Float64Array[] {
  const spectrum = new PowerSpectrum(SIZE);
  const bands = triangles();
  const count = samples.length <= LENGTH ? 1 : 1 + Math.ceil((samples.length - LENGTH) / STEP);
  return Array.from({ length: count }, (_, i) => {
    const frame = Float64Array.from({ length: LENGTH }, (_, k) => emphasised(samples, i * STEP + k));
    return column(spectrum.of(frame), bands);
  });
}

function emphasised(samples: ArrayLike<number>, at: number): number {
  if (at >= samples.length) return 0;
  return samples[at]! - (at > 0 ? EMPHASIS * samples[at - 1]! : 0);
}

function column(spectrum: Float64Array, bands: readonly Float64Array[]): Float64Array {
  const power = spectrum.map((value) => value / SIZE);
  const total = power.reduce((sum, value) => sum + value, 0);
  const energies = bands.map((weights) => {
    const energy = weights.reduce((sum, weight, bin) => sum + weight * power[bin]!, 0);
    return Math.log(energy === 0 ? TINY : energy);
  });
  const result = Float64Array.from({ length: COEFFICIENTS }, (_, k) => cosineTerm(energies, k) * lift(k));
  result[0] = Math.log(total === 0 ? TINY : total);
  return result;
}

/** The orthonormal discrete cosine transform of the second kind. */
function cosineTerm(values: readonly number[], k: number): number {
  const sum = values.reduce(
    (total, value, i) => total + value * Math.cos((Math.PI * k * (2 * i + 1)) / (2 * BANDS)),
    0,
  );
  return sum * Math.sqrt((k === 0 ? 1 : 2) / BANDS);
}

function lift(k: number): number {
  return 1 + (LIFTER / 2) * Math.sin((Math.PI * k) / LIFTER);
}

/** Triangles whose edges are bins at even steps of the mel scale, from 0 Hz to half the rate. */
function triangles(): Float64Array[] {
  const top = 2595 * Math.log10(1 + RATE / 2 / 700);
  const edges = Array.from({ length: BANDS + 2 }, (_, i) => {
    const hertz = 700 * (10 ** ((top * i) / (BANDS + 1) / 2595) - 1);
    return Math.floor(((SIZE + 1) * hertz) / RATE);
  });
  return Array.from({ length: BANDS }, (_, band) =>
    triangle(edges[band]!, edges[band + 1]!, edges[band + 2]!),
  );
}

function triangle(low: number, middle: number, high: number): Float64Array {
  return Float64Array.from({ length: SIZE / 2 + 1 }, (_, bin) => {
    if (bin >= low && bin < middle) return (bin - low) / (middle - low);
    return bin >= middle && bin < high ? (high - bin) / (high - middle) : 0;
  });
}
