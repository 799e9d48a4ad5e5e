import type { Breath } from './breath.js';

/** A matrix in double precision, row-major. */
export interface NumberMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export function zeros(rows: number, columns: number): NumberMatrix {
  return { rows, columns, data: new Float64Array(rows * columns) };
}

/** a b' : every row of `a` times every row of `b`. */
export async function timesTransposed(
  a: NumberMatrix,
  b: NumberMatrix,
  breath: Breath,
): Promise<NumberMatrix> {
  const product = zeros(a.rows, b.rows);
  for (let i = 0; i < a.rows; i++) {
    await breath.take();
    for (let j = 0; j < b.rows; j++)
      product.data[i * b.rows + j] = dot(a.data, i * a.columns, b.data, j * b.columns, a.columns);
  }
  return product;
}

function dot(a: Float64Array, fromA: number, b: Float64Array, fromB: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += a[fromA + i]! * b[fromB + i]!;
  return sum;
}

/**
 * Cholesky's factor of a symmetric positive semidefinite matrix S, with pivots: the rows r of the result are vectors with S = sum of r r'.
 * There are only as many rows as the rank of S, up to rounding.
 */
export async function choleskyRows(symmetric: NumberMatrix, breath: Breath): Promise<NumberMatrix> {
  const size = symmetric.rows;
  const left = diagonalOf(symmetric);
  const enough = size * Number.EPSILON * Math.max(0, ...left);
  const rows: Float64Array[] = [];
  while (rows.length < size) {
    await breath.take();
    const pivot = indexOfGreatest(left);
    if (!(left[pivot]! > enough)) break;
    rows.push(nextRow(symmetric, rows, pivot, Math.sqrt(left[pivot]!)));
    const row = rows.at(-1)!;
    for (let i = 0; i < size; i++) left[i]! -= row[i]! * row[i]!;
    left[pivot] = 0;
  }
  const factor = zeros(rows.length, size);
  for (const [i, row] of rows.entries()) factor.data.set(row, i * size);
  return factor;
}

/** What is left of the pivot's row, over the root of the pivot. */
function nextRow(symmetric: NumberMatrix, rows: readonly Float64Array[], pivot: number, root: number) {
  const size = symmetric.rows;
  const row = symmetric.data.slice(pivot * size, (pivot + 1) * size);
  for (const known of rows) {
    const factor = known[pivot]!;
    for (let i = 0; i < size; i++) row[i]! -= factor * known[i]!;
  }
  return row.map((value) => value / root);
}

function diagonalOf({ rows, data }: NumberMatrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => data[i * rows + i]!);
}

function indexOfGreatest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** The sum of the diagonal. */
export function trace(matrix: NumberMatrix): number {
  return diagonalOf(matrix).reduce((sum, value) => sum + value, 0);
}
