/** A position in a picture: pixel indices, x right, y down; an integer is the centre of a pixel. */
export type Point = readonly [x: number, y: number];

/** A row-major 2x3 matrix [a, b, c, d, e, f]: (x, y) goes to (a x + b y + c, d x + e y + f). */
export type Matrix = readonly [number, number, number, number, number, number];

/** A rectangle: left, top, width, height in pixels. */
export type Box = readonly [x: number, y: number, width: number, height: number];

export function add(a: Point, b: Point): Point {
  return [a[0] + b[0], a[1] + b[1]];
}

export function subtract(a: Point, b: Point): Point {
  return [a[0] - b[0], a[1] - b[1]];
}

export function scale(a: Point, factor: number): Point {
  return [a[0] * factor, a[1] * factor];
}

export function length(a: Point): number {
  return Math.hypot(a[0], a[1]);
}

/** A quarter turn that takes the right of the picture to its bottom. */
export function quarterTurn(a: Point): Point {
  return [-a[1], a[0]];
}

/** Direction from one point to another in radians, clockwise from the right of the picture. */
export function angleBetween(from: Point, to: Point): number {
  return Math.atan2(to[1] - from[1], to[0] - from[0]);
}

export function mean(points: readonly Point[]): Point {
  let x = 0;
  let y = 0;
  for (const point of points) {
    x += point[0];
    y += point[1];
  }
  return [x / points.length, y / points.length];
}

export function apply(m: Matrix, p: Point): Point {
  return [m[0] * p[0] + m[1] * p[1] + m[2], m[3] * p[0] + m[4] * p[1] + m[5]];
}

/** The matrix that applies `first`, then `second`. */
export function compose(second: Matrix, first: Matrix): Matrix {
  const [a, b, c, d, e, f] = second;
  const [g, h, i, j, k, l] = first;
  return [a * g + b * j, a * h + b * k, a * i + b * l + c, d * g + e * j, d * h + e * k, d * i + e * l + f];
}

/** The inverse of a matrix whose 2x2 part is not singular. */
export function invert(m: Matrix): Matrix {
  const [a, b, c, d, e, f] = m;
  const determinant = a * e - b * d;
  const [ia, ib, id, ie] = [e / determinant, -b / determinant, -d / determinant, a / determinant];
  return [ia, ib, -(ia * c + ib * f), id, ie, -(id * c + ie * f)];
}

/**
 * Maps the pixel indices of a picture resized by `scaleX`, `scaleY` (new size / old size) to the pixel indices of
 * the original. Pixel centres lie half a pixel inside: x_old = (x + 0.5) / scale - 0.5.
 */
export function resizedToOriginal(scaleX: number, scaleY: number): Matrix {
  return [1 / scaleX, 0, 0.5 / scaleX - 0.5, 0, 1 / scaleY, 0.5 / scaleY - 0.5];
}

/** Rounds a half to the even neighbour, as C's rint does and `Math.round` does not. */
export function rint(value: number): number {
  const below = Math.floor(value);
  const fraction = value - below;
  if (fraction === 0.5) return below % 2 === 0 ? below : below + 1;
  return fraction < 0.5 ? below : below + 1;
}

/** The smallest axis-aligned box that contains all points. */
export function boundsOf(points: readonly Point[]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return [left, top, right - left, bottom - top];
}
