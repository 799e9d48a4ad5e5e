/** Dense linear algebra in float64 for the tables of a pack: small matrices, made once at build time. */

/** Rows of numbers, all of one length. */
export type DenseMatrix = number[][];

export function matrix(
  rows: number,
  columns: number,
  element: (row: number, column: number) => number,
): DenseMatrix {
  return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => element(i, j)));
}

export function identity(size: number): DenseMatrix {
  return matrix(size, size, (i, j) => (i === j ? 1 : 0));
}

export function transpose(a: DenseMatrix): DenseMatrix {
  return matrix(a[0]?.length ?? 0, a.length, (i, j) => a[j]![i]!);
}

export function multiply(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  const columns = transpose(b);
  return matrix(a.length, columns.length, (i, j) => dot(a[i]!, columns[j]!));
}

export function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export function norm(a: readonly number[]): number {
  return Math.sqrt(dot(a, a));
}

/** Solves A X = B for a square A by elimination with row pivots. Throws where A is singular. */
export function solve(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  const size = a.length;
  const rows = a.map((row, i) => [...row, ...b[i]!]);
  for (let column = 0; column < size; column++) {
    swapInPivot(rows, column);
    for (let i = 0; i < size; i++) if (i !== column) eliminate(rows[i]!, rows[column]!, column);
  }
  return rows.map((row, i) => row.slice(size).map((value) => value / row[i]!));
}

function swapInPivot(rows: DenseMatrix, column: number): void {
  let pivot = column;
  for (let i = column; i < rows.length; i++) {
    if (Math.abs(rows[i]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = i;
  }
  if (rows[pivot]![column] === 0)
    throw new RangeError('Expected a regular matrix but received a singular one');
  [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
}

function eliminate(row: number[], pivot: number[], column: number): void {
  const factor = row[column]! / pivot[column]!;
  for (let j = column; j < row.length; j++) row[j]! -= factor * pivot[j]!;
}

/** Moore-Penrose inverse of a matrix whose columns are independent: (A'A)^-1 A'. */
export function pseudoInverse(a: DenseMatrix): DenseMatrix {
  const at = transpose(a);
  return solve(multiply(at, a), at);
}

/** Eigenvalues in falling order and their unit eigenvectors as columns. */
export interface Eigen {
  values: number[];
  vectors: DenseMatrix;
}

/** Eigendecomposition of a symmetric matrix by cyclic Jacobi rotations: slow, but exact to the last bits and simple. */
export function eigenSymmetric(symmetric: DenseMatrix): Eigen {
  const a = symmetric.map((row) => [...row]);
  const v = identity(a.length);
  for (let sweep = 0; sweep < 60 && offDiagonal(a) > 1e-30 * squares(a); sweep++) rotateAll(a, v);
  const order = a.map((_, i) => i).sort((i, j) => a[j]![j]! - a[i]![i]!);
  return { values: order.map((i) => a[i]![i]!), vectors: v.map((row) => order.map((i) => row[i]!)) };
}

function rotateAll(a: DenseMatrix, v: DenseMatrix): void {
  for (let p = 0; p < a.length; p++) {
    for (let q = p + 1; q < a.length; q++) if (a[p]![q] !== 0) rotate(a, v, p, q);
  }
}

/** Makes a[p][q] zero: A <- J'AJ, V <- VJ. */
function rotate(a: DenseMatrix, v: DenseMatrix, p: number, q: number): void {
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (const row of a) turn(row, p, q, c, s);
  const [rowP, rowQ] = [a[p]!, a[q]!];
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [rowP[k]!, rowQ[k]!];
    rowP[k] = c * x - s * y;
    rowQ[k] = s * x + c * y;
  }
  for (const row of v) turn(row, p, q, c, s);
}

function turn(row: number[], p: number, q: number, c: number, s: number): void {
  const [x, y] = [row[p]!, row[q]!];
  row[p] = c * x - s * y;
  row[q] = s * x + c * y;
}

function offDiagonal(a: DenseMatrix): number {
  return a.reduce((sum, row, i) => sum + row.reduce((s, x, j) => (i === j ? s : s + x * x), 0), 0);
}

function squares(a: DenseMatrix): number {
  return a.reduce((sum, row) => sum + dot(row, row), 0);
}

/** Unit vectors that span the same space, in order, with the length that was left of each input. */
export function gramSchmidt(vectors: DenseMatrix): { basis: DenseMatrix; residuals: number[] } {
  const basis: DenseMatrix = [];
  const residuals: number[] = [];
  for (const vector of vectors) {
    let rest = [...vector];
    for (const unit of basis) {
      const part = dot(rest, unit);
      rest = rest.map((value, i) => value - part * unit[i]!);
    }
    const length = norm(rest);
    residuals.push(length);
    basis.push(rest.map((value) => value / length));
  }
  return { basis, residuals };
}

/** Linear interpolation of y over rising x, held at the ends. */
export function interpolate(at: number, x: readonly number[], y: readonly number[]): number {
  const next = x.findIndex((value) => value >= at);
  if (next === -1) return y.at(-1)!;
  if (next === 0) return y[0]!;
  const t = (at - x[next - 1]!) / (x[next]! - x[next - 1]!);
  return y[next - 1]! + t * (y[next]! - y[next - 1]!);
}

export function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}
