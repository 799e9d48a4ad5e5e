import type { Picture } from '../picture.js';

// Keys' cubic convolution (1981) with the parameter of Catmull and Rom.
const CUBIC = -0.5;

/** The four neighbours, with their weights, that make one element of a resized line. */
interface Taps {
  readonly index: readonly [number, number, number, number];
  readonly weight: readonly [number, number, number, number];
}

function cubicWeight(distance: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return (CUBIC + 2) * x ** 3 - (CUBIC + 3) * x ** 2 + 1;
  return CUBIC * (x ** 3 - 5 * x ** 2 + 8 * x - 4);
}

function tapsOf(length: number, wanted: number): Taps[] {
  return Array.from({ length: wanted }, (_, i) => {
    const position = ((i + 0.5) * length) / wanted - 0.5;
    const before = Math.floor(position);
    const at = (tap: number) => Math.min(Math.max(before + tap, 0), length - 1);
    const weigh = (tap: number) => cubicWeight(position - before - tap);
    return { index: [at(-1), at(0), at(1), at(2)], weight: [weigh(-1), weigh(0), weigh(1), weigh(2)] };
  });
}

/** Rows of `picture` at the new width, not rounded. */
function widen(picture: Picture, width: number): Float32Array {
  const rows = new Float32Array(width * picture.height * 3);
  const { data } = picture;
  const taps = tapsOf(picture.width, width);
  for (let y = 0, to = 0; y < picture.height; y++) {
    const row = y * picture.width;
    for (const { index, weight } of taps) {
      const [a, b, c, d] = [
        (row + index[0]) * 3,
        (row + index[1]) * 3,
        (row + index[2]) * 3,
        (row + index[3]) * 3,
      ];
      for (let k = 0; k < 3; k++, to++)
        rows[to] =
          weight[0] * data[a + k]! +
          weight[1] * data[b + k]! +
          weight[2] * data[c + k]! +
          weight[3] * data[d + k]!;
    }
  }
  return rows;
}

/**
 * Enlarges by cubic convolution: pixel centres at halves, edges repeated, rounded once. For pictures of crop
 * size. It does not use sharp: when sharp enlarges, it puts index 0 of both pictures on the same edge,
 * which shifts the picture by half a pixel.
 */
export function enlarge(picture: Picture, width: number, height: number): Picture {
  const rows = widen(picture, width);
  const stride = width * 3;
  const data = new Uint8ClampedArray(stride * height);
  tapsOf(picture.height, height).forEach(({ index, weight }, y) => {
    const [a, b, c, d] = [index[0] * stride, index[1] * stride, index[2] * stride, index[3] * stride];
    const to = y * stride;
    for (let x = 0; x < stride; x++)
      data[to + x] =
        weight[0] * rows[a + x]! +
        weight[1] * rows[b + x]! +
        weight[2] * rows[c + x]! +
        weight[3] * rows[d + x]!;
  });
  return { data: new Uint8Array(data.buffer), width, height };
}
