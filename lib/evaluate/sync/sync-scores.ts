import { medianFilter } from '../arithmetic/median-filter.js';
import { mean, median } from '../arithmetic/statistics.js';

/** Feature vectors, one for each frame: row-major [count, size]. */
export interface Features {
  readonly data: ArrayLike<number>;
  readonly size: number;
}

/** Frames by which the sound is moved to both sides. */
export const REACH = 15;
/** PyTorch's distance adds it to every difference. */
const EPSILON = 1e-6;
/** Frames over which the confidence of a frame is smoothed. */
const CONFIDENCE_WIDTH = 9;

/**
 * Distances of each frame's picture from the sounds around it: row i holds those from sound i - reach to i + reach. Beyond the ends the
 * sound is a vector of zeros, and counts.
 */
export function syncDistances(visual: Features, audio: Features, reach = REACH): Float64Array[] {
  const count = visual.data.length / visual.size;
  const there = audio.data.length / audio.size;
  const vectorOf = ({ data, size }: Features, i: number) =>
    Float64Array.from({ length: size }, (_, k) => data[i * size + k]!);
  const seen = Array.from({ length: count }, (_, i) => vectorOf(visual, i));
  const heard = Array.from({ length: there }, (_, i) => vectorOf(audio, i));
  return seen.map((vector, i) =>
    Float64Array.from({ length: 2 * reach + 1 }, (_, k) => distance(vector, heard[i + k - reach])),
  );
}

/** The distance of a picture's vector to a sound's, or to zeros beyond the ends. */
export function distance(visual: ArrayLike<number>, sound: ArrayLike<number> | undefined): number {
  let sum = 0;
  for (let k = 0; k < visual.length; k++) {
    const difference = visual[k]! - (sound ? sound[k]! : 0) + EPSILON;
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}

/** What SyncNet says of a clip. */
export interface SyncResult {
  /** The distance at the best offset; less is better. */
  lseD: number;
  /** By how much the best offset is better than the median one; more is better. */
  lseC: number;
  /** Frames by which the sound has to be moved to be in step: positive if it is early. */
  offset: number;
  /** The mean distance at each offset. */
  mean: Float64Array;
}

/** The same with the confidence of each frame. */
export interface SyncScores extends SyncResult {
  /** The confidence of each frame, smoothed. */
  frameConfidence: number[];
}

/** @param distances of {@link syncDistances} */
export function syncScores(distances: readonly Float64Array[]): SyncScores {
  const offsets = distances[0]!.length;
  const means = Float64Array.from({ length: offsets }, (_, k) => mean(distances.map((row) => row[k]!)));
  const middle = median(means);
  const best = indexOfLeast(means);
  const confidence = distances.map((row) => middle - row[best]!);
  return { ...scoresOf(means), frameConfidence: medianFilter(confidence, CONFIDENCE_WIDTH) };
}

/** @param means the mean distance at each offset */
export function scoresOf(means: Float64Array): SyncResult {
  const best = indexOfLeast(means);
  return {
    lseD: means[best]!,
    lseC: median(means) - means[best]!,
    offset: (means.length - 1) / 2 - best,
    mean: means,
  };
}

function indexOfLeast(values: Float64Array): number {
  return values.indexOf(Math.min(...values));
}
