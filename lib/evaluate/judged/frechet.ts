import { eigenvalues } from '../arithmetic/eigenvalues.js';
import { choleskyRows, type NumberMatrix, timesTransposed, trace, zeros } from '../arithmetic/matrix.js';

/** The mean and the covariance (with n - 1) of feature vectors. */
export interface FeatureStatistics {
  readonly mean: Float64Array;
  readonly covariance: NumberMatrix;
}

/** Adds feature vectors up, so that memory does not depend on their number. */
export class FeatureSums {
  readonly #size: number;
  /** The first vector, which is subtracted from all: sums of products of small numbers lose fewer digits. */
  #origin: Float64Array | undefined;
  readonly #sum: Float64Array;
  readonly #products: Float64Array;
  #count = 0;

  constructor(size: number) {
    this.#size = size;
    this.#sum = new Float64Array(size);
    this.#products = new Float64Array(size * size);
  }

  get count(): number {
    return this.#count;
  }

  add(features: ArrayLike<number>): void {
    this.#origin ??= Float64Array.from(features);
    const size = this.#size;
    const shifted = this.#origin.map((value, i) => features[i]! - value);
    this.#count += 1;
    for (let i = 0; i < size; i++) {
      const value = shifted[i]!;
      this.#sum[i]! += value;
      for (let j = 0; j <= i; j++) this.#products[i * size + j]! += value * shifted[j]!;
    }
  }

  /** Needs at least two vectors. */
  statistics(): FeatureStatistics {
    const [size, count] = [this.#size, this.#count];
    const centre = this.#sum.map((sum) => sum / count);
    const covariance = zeros(size, size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        const product = this.#products[i * size + j]! - count * centre[i]! * centre[j]!;
        covariance.data[i * size + j] = product / (count - 1);
        covariance.data[j * size + i] = product / (count - 1);
      }
    }
    return { mean: centre.map((value, i) => value + this.#origin![i]!), covariance };
  }
}

/**
 * Fréchet's distance of two normal distributions, |m1 - m2|^2 + tr S1 + tr S2 - 2 tr sqrt(S1 S2). With S1 = L L' the last trace is the sum
 * of the roots of the eigenvalues of L' S2 L, which is symmetric: unlike the root of the product it exists for every pair.
 */
export function frechetDistance(a: FeatureStatistics, b: FeatureStatistics): number {
  const apart = a.mean.reduce((sum, value, i) => sum + (value - b.mean[i]!) ** 2, 0);
  const rows = choleskyRows(a.covariance);
  const inner = timesTransposed(timesTransposed(rows, b.covariance), rows);
  const shared = eigenvalues(inner).reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
  return apart + trace(a.covariance) + trace(b.covariance) - 2 * shared;
}
