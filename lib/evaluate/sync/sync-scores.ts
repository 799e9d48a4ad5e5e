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
  const row = (i: number) =>
    Float64Array.from({ length: 2 * reach + 1 }, (_, k) => distanceOf(visual, i, audio, i + k - reach));
  return Array.from({ length: count }, (_, i) => row(i));
}

function distanceOf({ data, size }: Features, i: number, audio: Features, j: number): number {
  const isThere = j >= 0 && j < audio.data.length / size;
  let sum = 0;
  for (let k = 0; k < size; k++) {
    const difference = data[i * size + k]! - (isThere ? audio.data[j * size + k]! : 0) + EPSILON;
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}

/** What SyncNet says of a clip. */
export interface SyncScores {
  /** The distance at the best offset; less is better. */
  lseD: number;
  /** By how much the best offset is better than the median one; more is better. */
  lseC: number;
  /** Frames by which the sound has to be moved to be in step: positive if it is early. */
  offset: number;
  /** The mean distance at each offset. */
  mean: Float64Array;
  /** The confidence of each frame, smoothed. */
  frameConfidence: number[];
}

/** @param distances of {@link syncDistances} */
export function syncScores(distances: readonly Float64Array[]): SyncScores {
  const offsets = distances[0]!.length;
  const means = Float64Array.from({ length: offsets }, (_, k) => mean(distances.map((row) => row[k]!)));
  const middle = median(means);
  const best = means.indexOf(Math.min(...means));
  const confidence = distances.map((row) => middle - row[best]!);
  return {
    lseD: means[best]!,
    lseC: middle - means[best]!,
    offset: (offsets - 1) / 2 - best,
    mean: means,
    frameConfidence: medianFilter(confidence, CONFIDENCE_WIDTH),
  };
}
