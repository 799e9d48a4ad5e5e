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

/** Below so many cells a side, weights are most of the traffic, and winograd's are four times as large. */
const WINOGRAD_FROM = 8;

/** How a convolution is computed. */
export function algorithmFor({ kernel, height, width }: ConvolutionSize, _precision: Precision): Algorithm {
  const three = kernel.every((length) => length === 3);
  return three && Math.min(height, width) >= WINOGRAD_FROM ? 'winograd4' : 'direct';
}
