import { sobel } from './gradient.js';
import type { GreyPicture } from './grey.js';

/** Steps after which an edge is not followed further. */
const FARTHEST = 101;
/** Gradients within 22.5 degrees of the horizontal are measured. */
const STEEPEST = Math.tan(Math.PI / 8);

/**
 * Pixels of vertical edges by Octave's method: the squared difference must be over twice the root of its mean, and over both neighbours in
 * one of the two directions.
 */
export function verticalEdges({ data, width, height }: GreyPicture): Uint8Array {
  const strength = sobel({ data, width, height }).across.map((value) => (value * value) / 64);
  const needed = 2 * Math.sqrt(strength.reduce((sum, value) => sum + value, 0) / strength.length);
  const strong = strength.map((value) => (value <= needed ? 0 : value));
  const edges = new Uint8Array(width * height);
  for (let at = 0; at < edges.length; at++) {
    const x = at % width;
    const [left, right] = [x > 0 ? strong[at - 1]! : 0, x < width - 1 ? strong[at + 1]! : 0];
    const [above, below] = [strong[at - width] ?? 0, strong[at + width] ?? 0];
    const value = strong[at]!;
    edges[at] = (value > left && value > right) || (value > above && value > below) ? 1 : 0;
  }
  return edges;
}

/**
 * Marziliano's widths: how far brightness goes on rising, or falling, to both sides of an edge.
 *
 * @returns pixels for each pixel; 0 where no edge is measured
 */
export function edgeWidths(grey: GreyPicture, edges: Uint8Array): Uint8Array {
  const { width, height, data } = grey;
  const widths = new Uint8Array(width * height);
  if (!hasGradient(grey)) return widths;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      if (edges[at] === 0) continue;
      const across = data[at + 1]! - data[at - 1]!;
      const down = data[at + width]! - data[at - width]!;
      if (Math.abs(down) > STEEPEST * Math.abs(across) && across !== 0) continue;
      const rising = across < 0 ? -1 : 1;
      const toLeft = walk(data, at - 1, -1, x - 1, rising);
      widths[at] = toLeft + walk(data, at + 1, 1, width - 2 - x, rising);
    }
  }
  return widths;
}

/** Where all gradients point up or to the right at angle 0, the published program measures nothing. */
function hasGradient({ data, width, height }: GreyPicture): boolean {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const left = data[y * width + Math.max(x - 1, 0)]!;
      const right = data[y * width + Math.min(x + 1, width - 1)]!;
      const above = data[Math.max(y - 1, 0) * width + x]!;
      const below = data[Math.min(y + 1, height - 1) * width + x]!;
      if (right !== left && (right < left || above !== below)) return true;
    }
  }
  return false;
}

/** Steps from `at` while each next pixel is brighter in the direction of the gradient; the first pixel counts. */
function walk(data: Uint8Array, at: number, step: -1 | 1, room: number, rising: -1 | 1): number {
  const most = Math.min(room, FARTHEST - 1);
  let steps = 0;
  while (steps < most) {
    const change = data[at + (steps + 1) * step]! - data[at + steps * step]!;
    if (change * step * rising <= 0) break;
    steps += 1;
  }
  return steps + 1;
}
