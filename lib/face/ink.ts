import type { Picture } from '../picture.js';
import { boundsOf, type Point } from './geometry.js';

/** The colours of a part of a picture. */
export interface Ink {
  /** Brightness, 0 to 255: its mean, and from the darkest twentieth to the brightest. */
  readonly mean: number;
  readonly span: number;
  /** How much more red than green, as a share of all light. */
  readonly red: number;
}

/** Brightness of each pixel, 0 to 255. */
export function brightnessOf({ data, width, height }: Picture): Float32Array {
  return Float32Array.from({ length: width * height }, (_, i) => brightness(data, 3 * i));
}

function brightness(data: Uint8Array, at: number): number {
  return 0.3 * data[at]! + 0.59 * data[at + 1]! + 0.11 * data[at + 2]!;
}

/** The ink inside a polygon of pixel indices; nothing is black and flat. */
export function inkOf(picture: Picture, polygon: readonly Point[]): Ink {
  const { data, width, height } = picture;
  const [left, top, across, along] = boundsOf(polygon);
  const levels: number[] = [];
  let red = 0;
  for (let y = Math.max(Math.ceil(top), 0); y <= Math.min(top + along, height - 1); y++) {
    for (let x = Math.max(Math.ceil(left), 0); x <= Math.min(left + across, width - 1); x++) {
      if (!isInside(polygon, x, y)) continue;
      const at = 3 * (y * width + x);
      levels.push(brightness(data, at));
      red += (data[at]! - data[at + 1]!) / (data[at]! + data[at + 1]! + data[at + 2]! + 1);
    }
  }
  if (levels.length === 0) return { mean: 0, span: 0, red: 0 };
  levels.sort((a, b) => a - b);
  const level = (share: number) => levels[Math.floor(share * (levels.length - 1))]!;
  return {
    mean: levels.reduce((sum, value) => sum + value, 0) / levels.length,
    span: level(0.95) - level(0.05),
    red: red / levels.length,
  };
}

/** Counts the edges to the right of a position. */
function isInside(polygon: readonly Point[], x: number, y: number): boolean {
  let inside = false;
  let [x1, y1] = polygon.at(-1)!;
  for (const [x0, y0] of polygon) {
    if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) inside = !inside;
    [x1, y1] = [x0, y0];
  }
  return inside;
}
