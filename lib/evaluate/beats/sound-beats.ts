import { median, rangeOf, roundHalfEven } from '../arithmetic/statistics.js';
import { BEAT_RATE, HOP, onsetStrength, type ReadSound } from './onset-strength.js';
import { estimateTempo } from './tempo.js';

/** How much a deviation from the tempo costs. */
const TIGHTNESS = 100;

/** The beats of speech in seconds: Ellis' dynamic programming as in librosa, which finds the chain of onsets that is both loud and even. */
export async function soundBeats(read: ReadSound): Promise<number[]> {
  return beatFrames(await onsetStrength(read)).map((frame) => (frame * HOP) / BEAT_RATE);
}

/** The beats as indices of the onset strength. */
export function beatFrames(strength: Float64Array): number[] {
  if (!strength.some((value) => value > 0)) return [];
  const period = roundHalfEven((60 * BEAT_RATE) / HOP / estimateTempo(strength));
  const score = localScore(strength, period);
  const { before, total } = chain(score, period);
  const beats: number[] = [];
  for (let at = lastBeat(total); at >= 0; at = before[at]!) beats.unshift(at);
  return withoutFaintEnds(beats, score);
}

/** The onset strength over its deviation, under a Gaussian of a 32nd of the period. */
function localScore(strength: Float64Array, period: number): Float64Array {
  const centre = strength.reduce((sum, value) => sum + value, 0) / strength.length;
  const variance = strength.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (strength.length - 1);
  const norm = Math.sqrt(variance) + 2 ** -126;
  const weights = Float64Array.from({ length: 2 * period + 1 }, (_, i) =>
    Math.exp(-0.5 * (((i - period) * 32) / period) ** 2),
  );
  return strength.map((_, i) => {
    let sum = 0;
    const last = Math.min(i + period, weights.length);
    // As published: the first value of the strength does not count.
    for (let k = Math.max(0, i + period - strength.length + 1); k < last; k++)
      sum += (weights[k]! * strength[i + period - k]!) / norm;
    return sum;
  });
}

/** The best chain that ends at each value: the beat before it, or -1, and its total. */
function chain(score: Float64Array, period: number): { before: Int32Array; total: Float64Array } {
  const before = new Int32Array(score.length);
  const total = new Float64Array(score.length);
  const faint = 0.01 * rangeOf(score)[1];
  let isFirst = true;
  for (let i = 0; i < score.length; i++) {
    const best = bestBefore(total, i, period);
    total[i] = score[i]! + (best.at >= 0 ? best.total : 0);
    const skipped = isFirst && score[i]! < faint;
    before[i] = skipped ? -1 : best.at;
    if (!skipped) isFirst = false;
  }
  return { before, total };
}

function bestBefore(total: Float64Array, i: number, period: number): { at: number; total: number } {
  let best = { at: -1, total: Number.NEGATIVE_INFINITY };
  const first = Math.max(0, i - 2 * period);
  for (let at = i - roundHalfEven(period / 2); at >= first; at--) {
    const sum = total[at]! - TIGHTNESS * (Math.log(i - at) - Math.log(period)) ** 2;
    if (sum > best.total) best = { at, total: sum };
  }
  return best;
}

/** The last local maximum of the totals over half of the median of all local maxima. */
function lastBeat(total: Float64Array): number {
  const isPeak = (i: number) =>
    total[i]! > (total[i - 1] ?? total[i]!) && total[i]! >= (total[i + 1] ?? total[i]!);
  const peaks = [...total.keys()].filter(isPeak);
  if (peaks.length === 0) return total.length - 1;
  const needed = 0.5 * median(peaks.map((i) => total[i]!));
  return peaks.findLast((i) => total[i]! >= needed) ?? total.length - 1;
}

/** Leaves out beats before the first and after the last place where the score is over half of the beats' smoothed level. */
function withoutFaintEnds(beats: readonly number[], score: Float64Array): number[] {
  const level = beats.map((at) => score[at]!);
  const weights = [0.5, 1, 0.5];
  const smooth = level.map((_, i) =>
    weights.reduce((sum, weight, k) => sum + weight * (level[i + k - 1] ?? 0), 0),
  );
  const tail = [0.5 * level.at(-1)!, 0];
  const squares = [...smooth, ...tail].reduce((sum, value) => sum + value * value, 0);
  const needed = 0.5 * Math.sqrt(squares / (level.length + tail.length));
  const first = score.findIndex((value) => value > needed);
  const last = score.findLastIndex((value) => value > needed);
  return beats.filter((at) => at >= first && at <= last);
}
