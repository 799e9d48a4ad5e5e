import { Breath } from '../arithmetic/breath.js';
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
  readonly #origin: Float64Array;
  readonly #sum: Float64Array;
  /** Row i of the lower triangle begins at i (i + 1) / 2. */
  readonly #products: Float64Array;
  #count = 0;

  constructor(size: number) {
    this.#size = size;
    this.#origin = new Float64Array(size);
    this.#sum = new Float64Array(size);
    this.#products = new Float64Array((size * (size + 1)) / 2);
  }

  get count(): number {
    return this.#count;
  }

  add(features: ArrayLike<number>): void {
    const [size, products] = [this.#size, this.#products];
    if (this.#count === 0) for (let i = 0; i < size; i++) this.#origin[i] = features[i]!;
    this.#count += 1;
    const shifted = this.#origin.map((value, i) => features[i]! - value);
    for (let i = 0, at = 0; i < size; i++) {
      const value = shifted[i]!;
      this.#sum[i]! += value;
      for (let j = 0; j <= i; j++) products[at++]! += value * shifted[j]!;
    }
  }

  /** Needs at least two vectors. */
  statistics(): FeatureStatistics {
    const [size, count] = [this.#size, this.#count];
    const centre = this.#sum.map((sum) => sum / count);
    const covariance = zeros(size, size);
    for (let i = 0, at = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        const product = this.#products[at++]! - count * centre[i]! * centre[j]!;
        covariance.data[i * size + j] = product / (count - 1);
        covariance.data[j * size + i] = product / (count - 1);
      }
    }
    return { mean: centre.map((value, i) => value + this.#origin[i]!), covariance };
  }

  /** All numbers, for {@link restored}. */
  bytes(): Uint8Array {
    const parts = [Float64Array.of(this.#count), this.#origin, this.#sum, this.#products];
    return Buffer.concat(parts.map(({ buffer }) => new Uint8Array(buffer)));
  }

  /** Sums that go on where others were; undefined if the bytes are not theirs. */
  static restored(size: number, bytes: Uint8Array): FeatureSums | undefined {
    const sums = new FeatureSums(size);
    const parts = [new Float64Array(1), sums.#origin, sums.#sum, sums.#products];
    if (bytes.length !== parts.reduce((total, { byteLength }) => total + byteLength, 0)) return undefined;
    let at = 0;
    for (const part of parts) {
      new Uint8Array(part.buffer).set(bytes.subarray(at, at + part.byteLength));
      at += part.byteLength;
    }
    sums.#count = parts[0]![0]!;
    return sums;
  }
}

/**
 * Fréchet's distance of two normal distributions, |m1 - m2|^2 + tr S1 + tr S2 - 2 tr sqrt(S1 S2). With S1 = L L' the last trace is the sum
 * of the roots of the eigenvalues of L' S2 L, which is symmetric: unlike the root of the product it exists for every pair.
 */
export async function frechetDistance(
  a: FeatureStatistics,
  b: FeatureStatistics,
  signal?: AbortSignal | undefined,
): Promise<number> {
  const breath = new Breath(signal);
  const apart = a.mean.reduce((sum, value, i) => sum + (value - b.mean[i]!) ** 2, 0);
  const rows = await choleskyRows(a.covariance, breath);
  const inner = await timesTransposed(await timesTransposed(rows, b.covariance, breath), rows, breath);
  const roots = (await eigenvalues(inner, breath)).map((value) => Math.sqrt(Math.max(value, 0)));
  const shared = roots.reduce((sum, root) => sum + root, 0);
  return apart + trace(a.covariance) + trace(b.covariance) - 2 * shared;
}
