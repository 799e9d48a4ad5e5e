import { type DenseMatrix, range } from './linalg.js';

/** Rows of Gaussian weights over 0..size-1, one row for each centre, each summing to 1: cut off at the ends, not faded. */
export function smoothingMatrix(centres: readonly number[], size: number, std: number): DenseMatrix {
  return centres.map((centre) => {
    const row = range(0, size).map((i) => Math.exp(-0.5 * ((i - centre) / std) ** 2));
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((weight) => weight / sum);
  });
}
