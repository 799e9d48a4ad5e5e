import type { CpuPrecision } from './precision.js';

/** The weight layout of an operator. */
export interface WeightLayout {
  /** The operator of the domain `kdtalker` that reads them. */
  operator: string;
  precision: CpuPrecision;
  outputs: number;
  inputs: number;
  /** Lengths of the kernel's axes; none for a matrix. */
  kernel: readonly number[];
  /** Of a convolution. */
  algorithm?: Algorithm;
  /** Of a convolution of a repeated input. */
  factor?: number;
}

/** How a convolution is computed: winograd over the last two axes of its kernel, with tiles of this number of output cells per side. */
export type Algorithm = 'direct' | 'winograd2' | 'winograd4';

/** Lays out weights [outputs, inputs, ...kernel] for an operator; native/ops/weight_layout is the real one. */
export type LayOutWeights = (layout: WeightLayout, weights: Float32Array) => Promise<Uint8Array>;
