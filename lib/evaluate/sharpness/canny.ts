import { type Gradient, type Plane, sobel } from './gradient.js';
import type { GreyPicture } from './grey.js';

/** Standard deviation of the blur in pixels, and the pixels after which its weights are cut. */
const SIGMA = 1;
const RADIUS = 4;
/** Thresholds of the gradient's length. They are those of the published program, which applies them to values up to 255. */
const [LOW, HIGH] = [0.1, 0.2];

/**
 * Canny's edges as scikit-image finds them.
 *
 * @returns 1 for each pixel of an edge; the outermost pixels have none
 */
export function cannyEdges(grey: GreyPicture): Uint8Array {
  const smooth = smoothed(grey);
  const gradient = sobel(smooth);
  const length = gradient.across.map((value, i) => {
    const down = gradient.down[i]!;
    return Math.sqrt(value * value + down * down);
  });
  const crests = crestsOf({ data: length, width: grey.width, height: grey.height }, gradient);
  return connected(crests, length, grey.width);
}

/** Gauss' blur with zeros outside, over the same blur of ones: pixels outside do not count. */
function smoothed({ data, width, height }: GreyPicture): Plane {
  const between = new Float64Array(width * height);
  const result = new Float64Array(width * height);
  const [across, down] = [totalsOf(width), totalsOf(height)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      between[y * width + x] = blurred(data, y * width, 1, x, width) / across[x]!;
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) result[y * width + x] = blurred(between, x, width, y, height) / down[y]!;
  }
  return { data: result, width, height };
}

const WEIGHTS = Float64Array.from({ length: 2 * RADIUS + 1 }, (_, i) =>
  Math.exp(-((i - RADIUS) ** 2) / (2 * SIGMA ** 2)),
);

/** The weighted sum around one of `count` places that lie `step` apart from `start` on. */
function blurred(data: ArrayLike<number>, start: number, step: number, at: number, count: number): number {
  let sum = 0;
  const [first, last] = [Math.max(at - RADIUS, 0), Math.min(at + RADIUS, count - 1)];
  for (let i = first; i <= last; i++) sum += WEIGHTS[i - at + RADIUS]! * data[start + i * step]!;
  return sum;
}

/** The sum of the weights at each of `count` places: less at the ends. */
function totalsOf(count: number): Float64Array {
  const ones = new Float64Array(count).fill(1);
  return ones.map((_, at) => blurred(ones, 0, 1, at, count));
}

/** 1 for pixels over the low threshold that are not lower than either neighbour along the gradient, 2 for those over the high one. */
function crestsOf(length: Plane, { across, down }: Gradient): Uint8Array {
  const { data, width, height } = length;
  const crests = new Uint8Array(width * height);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      if (data[at]! < LOW || !isCrest(data, width, at, across[at]!, down[at]!)) continue;
      crests[at] = data[at]! >= HIGH ? 2 : 1;
    }
  }
  return crests;
}

/** The neighbours along the gradient lie between two pixels: straight and diagonal ones. */
function isCrest(data: Float64Array, width: number, at: number, across: number, down: number): boolean {
  const [steepX, steepY] = [Math.abs(across), Math.abs(down)];
  const diagonal = across * down >= 0 ? width + 1 : width - 1;
  const straight = steepY >= steepX ? width : across * down >= 0 ? 1 : -1;
  const share = steepY >= steepX ? steepX / steepY : steepY / steepX;
  const ahead = data[at + diagonal]! * share + data[at + straight]! * (1 - share);
  const behind = data[at - diagonal]! * share + data[at - straight]! * (1 - share);
  return ahead <= data[at]! && behind <= data[at]!;
}

/** Keeps crests that are connected, also over corners, to one over the high threshold. */
function connected(crests: Uint8Array, length: Float64Array, width: number): Uint8Array {
  const edges = new Uint8Array(length.length);
  const open: number[] = [];
  const visit = (at: number) => {
    if (crests[at] === 0 || edges[at] === 1) return;
    edges[at] = 1;
    open.push(at);
  };
  for (let i = 0; i < crests.length; i++) if (crests[i] === 2) visit(i);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const row of [-width, 0, width]) for (const column of [-1, 0, 1]) visit(at + row + column);
  }
  return edges;
}
