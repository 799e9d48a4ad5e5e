import type { Algorithm } from './packed-weights.js';
import type { Precision } from './pass.js';

/** What the choice of an algorithm looks at. */
export interface ConvolutionSize {
  kernel: readonly number[];
  inputs: number;
  outputs: number;
  height: number;
  width: number;
}

/** Below so many cells a side, most of a tile of four would lie outside, and weights, twice as large, are most of the traffic. */
const TILES_OF_FOUR_FROM = 8;

/** How a convolution is computed. */
export function algorithmFor({ kernel, height, width }: ConvolutionSize, _precision: Precision): Algorithm {
  if (kernel.every((length) => length === 1)) return 'direct';
  return Math.min(height, width) >= TILES_OF_FOUR_FROM ? 'winograd4' : 'winograd2';
}
