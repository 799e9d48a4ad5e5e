import { median } from './statistics.js';

/** The median over `width` (odd) values around each one; beyond the ends lie zeros, which count. */
export function medianFilter(values: ArrayLike<number>, width: number): number[] {
  const half = (width - 1) / 2;
  return Array.from({ length: values.length }, (_, i) =>
    median(Array.from({ length: width }, (_, k) => values[i + k - half] ?? 0)),
  );
}
