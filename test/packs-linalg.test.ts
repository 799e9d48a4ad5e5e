import t from 'tap';
import {
  dot,
  eigenSymmetric,
  gramSchmidt,
  identity,
  interpolate,
  matrix,
  multiply,
  pseudoInverse,
  solve,
  transpose,
} from '../dist/packs/puppet/linalg.js';
import { close } from './support/close.js';

// Any full matrix will do; this one is neither symmetric nor singular.
const some = (rows: number, columns: number) =>
  matrix(rows, columns, (i, j) => Math.sin(1 + 3 * i + 7 * j + i * j));

t.test('solve gives what multiplied by the matrix is the right side', async (t) => {
  const [a, x] = [some(6, 6), some(6, 3)];
  close(t, solve(a, multiply(a, x)).flat(), x.flat(), 1e-10, 'x');
  const needsPivot = [
    [0, 1],
    [1, 0],
  ];
  close(t, solve(needsPivot, [[2], [3]]).flat(), [3, 2], 0, 'zero on the diagonal');
  const singular = [
    [1, 2],
    [2, 4],
  ];
  t.throws(() => solve(singular, [[1], [1]]), { name: 'RangeError' });
});

t.test('the pseudo-inverse is a left inverse of least norm', async (t) => {
  const a = some(8, 4);
  const inverse = pseudoInverse(a);
  close(t, multiply(inverse, a).flat(), identity(4).flat(), 1e-10, 'left inverse');
  const projection = multiply(a, inverse);
  close(t, projection.flat(), transpose(projection).flat(), 1e-10, 'symmetric projection');
});

t.test('eigenvectors diagonalise a symmetric matrix', async (t) => {
  const half = some(12, 12);
  const a = matrix(12, 12, (i, j) => half[i]![j]! + half[j]![i]!);
  const { values, vectors } = eigenSymmetric(a);
  t.same(
    values,
    [...values].sort((x, y) => y - x),
    'falling order',
  );
  close(t, multiply(transpose(vectors), vectors).flat(), identity(12).flat(), 1e-12, 'orthonormal');
  const rebuilt = multiply(
    vectors.map((row) => row.map((value, j) => value * values[j]!)),
    transpose(vectors),
  );
  close(t, rebuilt.flat(), a.flat(), 1e-12, 'rebuilt');
  close(
    t,
    eigenSymmetric([
      [2, 1],
      [1, 2],
    ]).values,
    [3, 1],
    1e-14,
    'by hand',
  );
});

t.test('Gram-Schmidt keeps order and says what was left', async (t) => {
  const { basis, residuals } = gramSchmidt([
    [2, 0, 0],
    [1, 3, 0],
    [5, 5, -4],
  ]);
  close(t, residuals, [2, 3, 4], 1e-12, 'residuals');
  close(t, basis.flat(), [1, 0, 0, 0, 1, 0, 0, 0, -1], 1e-12, 'basis');
  const skew = gramSchmidt(some(5, 9)).basis;
  close(
    t,
    skew.flatMap((a) => skew.map((b) => dot(a, b))),
    identity(5).flat(),
    1e-12,
    'orthonormal',
  );
});

t.test('interpolation is linear and held at the ends', async (t) => {
  const at = (x: number) => interpolate(x, [0, 1, 3], [10, 20, 0]);
  t.same([-1, 0, 0.5, 1, 2, 3, 4].map(at), [10, 10, 15, 20, 10, 0, 0]);
});
