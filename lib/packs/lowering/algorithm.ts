import type { Algorithm } from './weight-layout.js';

/** The properties that decide the algorithm. */
export interface ConvolutionSize {
  kernel: readonly number[];
  inputs: number;
  outputs: number;
  height: number;
  width: number;
}

/** With fewer cells per side, too few tiles pay for the weights of tiles of four, which are more than twice as many. */
const TILES_OF_FOUR_FROM = 16;

/** How a convolution is computed. */
export function algorithmFor({ kernel, height, width }: ConvolutionSize): Algorithm {
  if (kernel.every((length) => length === 1)) return 'direct';
  return Math.min(height, width) >= TILES_OF_FOUR_FROM ? 'winograd4' : 'winograd2';
}
