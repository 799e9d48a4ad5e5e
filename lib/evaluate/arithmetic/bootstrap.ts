import { mean, quantile } from './statistics.js';

/** A mean over videos with its interval. */
export interface Interval {
  mean: number;
  /** The limits between which the mean lies in 95 % of the draws. */
  low: number;
  high: number;
  count: number;
}

const DRAWS = 1000;

/**
 * The mean and its 95 % interval: 1,000 times as many values are drawn with replacement, and the middle 95 % of their means is taken. The
 * draws are the same for the same count, so that the same scores always have the same interval.
 */
export function bootstrap(values: readonly number[]): Interval {
  const random = generator(values.length);
  const means = new Float64Array(DRAWS);
  for (let draw = 0; draw < DRAWS; draw++) {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)]!;
    means[draw] = sum / values.length;
  }
  means.sort();
  return {
    mean: mean(values),
    low: quantile(means, 0.025),
    high: quantile(means, 0.975),
    count: values.length,
  };
}

/** Numbers in [0, 1) from a Weyl sequence through MurmurHash3's finaliser. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let hash = state;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
  };
}
