import { roundHalfEven } from '../arithmetic/statistics.js';
import { cannyEdges } from './canny.js';
import { edgeWidths, verticalEdges } from './edge-widths.js';
import type { GreyPicture } from './grey.js';

const BLOCK = 64;
/** Edge pixels over which a block counts. */
const FEWEST_EDGES = 8;
/** Blocks of at most this contrast show blur only from the greater width on. */
const LOW_CONTRAST = 50;
const [WIDTH_LOW_CONTRAST, WIDTH] = [5, 3];
const EXPONENT = 3.6;
/** The last bin in which blur is not noticed: probabilities up to 63 %. */
const UNNOTICED = 63;

/**
 * The probabilities, in whole percent, that people notice the blur of each edge.
 *
 * @returns counts of the edges from 0 % to 100 %, [101]
 */
export function blurHistogram(grey: GreyPicture): Int32Array {
  const histogram = new Int32Array(101);
  const edges = cannyEdges(grey);
  const widths = edgeWidths(grey, verticalEdges(grey));
  for (let y = 0; y + BLOCK <= grey.height; y += BLOCK) {
    for (let x = 0; x + BLOCK <= grey.width; x += BLOCK) {
      const start = y * grey.width + x;
      if (countEdges(edges, grey.width, start) > FEWEST_EDGES) addBlock(histogram, grey, widths, start);
    }
  }
  return histogram;
}

/**
 * Cumulative probability of blur detection (Narvekar and Karam 2011): the share of edges whose blur is not noticed, from 0 to 1, greater
 * is sharper. It depends on the picture's size. Equal to version 1.0.7 of the Python package `cpbd`.
 */
export function cpbd(grey: GreyPicture): number {
  const histogram = blurHistogram(grey);
  const all = histogram.reduce((sum, count) => sum + count, 0);
  if (all === 0) return 0;
  return histogram.subarray(0, UNNOTICED + 1).reduce((sum, count) => sum + count, 0) / all;
}

function countEdges(edges: Uint8Array, stride: number, start: number): number {
  let count = 0;
  for (let y = 0; y < BLOCK; y++) {
    for (let x = 0; x < BLOCK; x++) count += edges[start + y * stride + x]!;
  }
  return count;
}

function addBlock(
  histogram: Int32Array,
  { data, width }: GreyPicture,
  widths: Uint8Array,
  start: number,
): void {
  const noticed = contrastOf(data, width, start) <= LOW_CONTRAST ? WIDTH_LOW_CONTRAST : WIDTH;
  for (let y = 0; y < BLOCK; y++) {
    for (let x = 0; x < BLOCK; x++) {
      const edge = widths[start + y * width + x]!;
      if (edge === 0) continue;
      const probability = 1 - Math.exp(-((edge / noticed) ** EXPONENT));
      histogram[roundHalfEven(100 * probability)]! += 1;
    }
  }
}

function contrastOf(data: Uint8Array, stride: number, start: number): number {
  let [least, most] = [255, 0];
  for (let y = 0; y < BLOCK; y++) {
    for (let x = 0; x < BLOCK; x++) {
      const value = data[start + y * stride + x]!;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return most - least;
}
