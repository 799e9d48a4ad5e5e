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

/**
 * How much louder the median of 128 mel bands became since the frame before, in decibels: librosa's onset strength as its beat tracker
 * computes it.
 *
 * @param samples at {@link BEAT_RATE}, -1 to 1
 * @returns a value for every {@link HOP} samples, from time 0
 */
export function onsetStrength(samples: Float32Array): Float64Array {
  const decibels = bandsInDecibels(samples);
  const strength = new Float64Array(decibels.length);
  const rises = new Float64Array(BANDS);
  for (let i = 1; i + DELAY - 1 < strength.length; i++) {
    for (let band = 0; band < BANDS; band++)
      rises[band] = Math.max(0, decibels[i]![band]! - decibels[i - 1]![band]!);
    strength[i + DELAY - 1] = median(rises);
  }
  return strength;
}

function bandsInDecibels(samples: Float32Array): Float32Array[] {
  const spectrum = new PowerSpectrum(SIZE);
  const bands = melBands(BANDS, SIZE, BEAT_RATE);
  const hann = Float64Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
  const frames = Array.from({ length: 1 + Math.floor(samples.length / HOP) }, (_, i) => {
    const start = i * HOP - SIZE / 2;
    const power = spectrum.of(hann.map((weight, k) => weight * (samples[start + k] ?? 0)));
    return Float32Array.from(bands, (band) => 10 * Math.log10(Math.max(FAINTEST, energyIn(band, power))));
  });
  const loudest = frames.reduce((most, frame) => Math.max(most, ...frame), Number.NEGATIVE_INFINITY);
  return frames.map((frame) => frame.map((value) => Math.max(value, loudest - RANGE)));
}
