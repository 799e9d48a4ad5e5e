import type { Breath } from './breath.js';
import type { NumberMatrix } from './matrix.js';

/** A symmetric matrix with the same eigenvalues that is zero beside the diagonal and its neighbours. */
interface Tridiagonal {
  diagonal: Float64Array;
  /** Element i lies between rows i and i + 1; the last one is 0. */
  beside: Float64Array;
}

/** The eigenvalues of a symmetric matrix, in no order: Householder's reflections, then the implicit QL method. */
export async function eigenvalues(symmetric: NumberMatrix, breath: Breath): Promise<Float64Array> {
  if (symmetric.rows === 0) return new Float64Array(0);
  const { diagonal, beside } = await tridiagonal(symmetric, breath);
  for (let first = 0; first < diagonal.length; first++) isolate(diagonal, beside, first);
  return diagonal;
}

/** Reflects one row after the other, from the last to the second, so that only its neighbour is left of it. */
async function tridiagonal({ rows: size, data }: NumberMatrix, breath: Breath): Promise<Tridiagonal> {
  const a = data.slice();
  const beside = new Float64Array(size);
  for (let row = size - 1; row > 0; row--) {
    await breath.take();
    beside[row - 1] = reflect(a, size, row);
  }
  return { diagonal: Float64Array.from({ length: size }, (_, i) => a[i * size + i]!), beside };
}

/** Applies the reflection for one row to the rows above it. @returns the row's element beside the diagonal */
function reflect(a: Float64Array, size: number, row: number): number {
  const v = a.slice(row * size, row * size + row);
  const length = Math.hypot(...chunkLengths(v));
  if (length === 0) return 0;
  const last = v[row - 1]!;
  const kept = last > 0 ? -length : length;
  v[row - 1] = last - kept;
  const scale = 1 / (length * length - last * kept);
  const p = timesVector(a, size, v).map((value) => value * scale);
  let inner = 0;
  for (let i = 0; i < row; i++) inner += p[i]! * v[i]!;
  const half = (inner * scale) / 2;
  for (let i = 0; i < row; i++) p[i]! -= half * v[i]!;
  for (let i = 0; i < row; i++) {
    for (let j = 0; j < row; j++) a[i * size + j]! -= v[i]! * p[j]! + p[i]! * v[j]!;
  }
  return kept;
}

/** The number of arguments of a function is limited, so the length of a vector is computed from the lengths of its pieces. */
function chunkLengths(v: Float64Array): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < v.length; at += 4096) lengths.push(Math.hypot(...v.subarray(at, at + 4096)));
  return lengths;
}

/** The upper left square of the matrix, of the vector's length, times the vector. */
function timesVector(a: Float64Array, size: number, v: Float64Array): Float64Array {
  const product = new Float64Array(v.length);
  for (let i = 0; i < v.length; i++) {
    let sum = 0;
    for (let j = 0; j < v.length; j++) sum += a[i * size + j]! * v[j]!;
    product[i] = sum;
  }
  return product;
}

const MOST_TURNS = 60;

/** Turns until element `first` of the diagonal is an eigenvalue. */
function isolate(diagonal: Float64Array, beside: Float64Array, first: number): void {
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const end = endOfBlock(diagonal, beside, first);
    if (end === first) return;
    chase(diagonal, beside, first, end);
  }
}

/** The first index from `first` on whose element beside the diagonal is negligible. */
function endOfBlock(diagonal: Float64Array, beside: Float64Array, first: number): number {
  let end = first;
  for (; end < diagonal.length - 1; end++) {
    const around = Math.abs(diagonal[end]!) + Math.abs(diagonal[end + 1]!);
    if (Math.abs(beside[end]!) <= Number.EPSILON * around) break;
  }
  return end;
}

/** One QL step with Wilkinson's shift on the block from `first` to `end`. */
function chase(diagonal: Float64Array, beside: Float64Array, first: number, end: number): void {
  const ratio = (diagonal[first + 1]! - diagonal[first]!) / (2 * beside[first]!);
  const root = Math.hypot(ratio, 1);
  let g = diagonal[end]! - diagonal[first]! + beside[first]! / (ratio + (ratio < 0 ? -root : root));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = end - 1; i >= first; i--) {
    const f = sine * beside[i]!;
    const b = cosine * beside[i]!;
    const length = Math.hypot(f, g);
    beside[i + 1] = length;
    if (length === 0) {
      diagonal[i + 1]! -= shift;
      beside[end] = 0;
      return;
    }
    [sine, cosine] = [f / length, g / length];
    g = diagonal[i + 1]! - shift;
    const turned = (diagonal[i]! - g) * sine + 2 * cosine * b;
    shift = sine * turned;
    diagonal[i + 1] = g + shift;
    g = cosine * turned - b;
  }
  diagonal[first]! -= shift;
  beside[first] = g;
  beside[end] = 0;
}
