import { BEAT_RATE, HOP } from './onset-strength.js';

/** Values of the onset strength in the 8 seconds that are compared with themselves. */
const WINDOW = Math.floor((8 * BEAT_RATE) / HOP);
/** The usual tempo in beats a minute, and the fastest one. */
const USUAL = 120;
const FASTEST = 320;

/** Beats a minute at which the onset strength repeats, `lag` values later. */
function tempoOf(lag: number): number {
  return (60 * BEAT_RATE) / (HOP * lag);
}

/**
 * The tempo in beats a minute: the lag with the greatest autocorrelation in windows of 8 seconds around each value, on average, with a
 * preference for 120. As librosa estimates it.
 */
export function estimateTempo(strength: Float64Array): number {
  const likeness = meanAutocorrelation(strength);
  let best = { lag: 1, score: Number.NEGATIVE_INFINITY };
  for (let lag = 1; lag < WINDOW; lag++) {
    if (tempoOf(lag) >= FASTEST) continue;
    const unusual = Math.log2(tempoOf(lag)) - Math.log2(USUAL);
    const score = Math.log1p(1e6 * likeness[lag]!) - 0.5 * unusual ** 2;
    if (score > best.score) best = { lag, score };
  }
  return tempoOf(best.lag);
}

/** The mean over all windows of their autocorrelation, each scaled so that its greatest value is 1. */
function meanAutocorrelation(strength: Float64Array): Float64Array {
  const hann = Float64Array.from(
    { length: WINDOW },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW),
  );
  const padded = withRamps(strength, WINDOW / 2);
  const sum = new Float64Array(WINDOW);
  for (let start = 0; start < strength.length; start++) {
    const own = autocorrelation(hann.map((weight, i) => weight * padded[start + i]!));
    const greatest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (greatest > 0)
      own.forEach((value, lag) => {
        sum[lag]! += value / greatest;
      });
  }
  return sum.map((value) => value / strength.length);
}

/** Values that rise from 0 before the first one and fall to 0 after the last one. */
function withRamps(values: Float64Array, length: number): Float64Array {
  const padded = new Float64Array(values.length + 2 * length);
  padded.set(values, length);
  for (let i = 0; i < length; i++) {
    padded[i] = (values[0]! * i) / length;
    padded[padded.length - 1 - i] = (values.at(-1)! * i) / length;
  }
  return padded;
}

function autocorrelation(values: Float64Array): Float64Array {
  const result = new Float64Array(values.length);
  for (let lag = 0; lag < values.length; lag++) {
    let sum = 0;
    for (let i = lag; i < values.length; i++) sum += values[i]! * values[i - lag]!;
    result[lag] = sum;
  }
  return result;
}
