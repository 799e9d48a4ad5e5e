import { BLOCK } from '../domain.js';
import type { Kind } from './kinds.js';
import type { PlanOperation } from './operation.js';
import { type Product, productAt } from './tiles.js';

/** A convolution as any library has it: over [batch, inputs, ...cells], with zeros around. */
export interface ConvolutionLayer {
  what: 'convolution';
  precision: 'fp32' | 'fp16';
  batch: number;
  inputs: number;
  outputs: number;
  /** Of depth, height and width; so are the others. */
  kernel: readonly number[];
  /** Of the input, before its cells are repeated. */
  cells: readonly number[];
  strides: readonly number[];
  pads: readonly number[];
  /** How often each cell is repeated along height and width before the kernel sees it. */
  factor: number;
  groups: number;
}

/** Products of matrices, [batch, rows, length] x [batch, length, columns]. */
export interface ProductLayer {
  what: 'product';
  precision: 'fp32';
  batch: number;
  rows: number;
  length: number;
  columns: number;
}

/** What another library computes in the place of an operation, for comparison. */
export type PlannedLayer = ConvolutionLayer | ProductLayer;

/**
 * The layer that an operation computes, without what its kernel does on the way: bias, activation, modulation, softmax. Channels of blocks
 * are counted with those that only fill a block. Undefined for what is neither a convolution nor a product.
 */
export function layerOf({ kind, integers }: PlanOperation): PlannedLayer | undefined {
  return LAYERS[kind]?.(integers);
}

const LAYERS: Partial<Record<Kind, (integers: readonly number[]) => PlannedLayer>> = {
  convolution,
  product,
  blockConvolution: (integers) => overBlocks(productAt(integers, 1), integers[0]!),
  blockMeasuredConvolution: (integers) => overBlocks(productAt(integers, 1), integers[0]!),
  blockPooledConvolution: (integers) => overBlocks(productAt(integers, 1), integers[0]!),
  blockUpConvolution: (integers) => overBlocks(productAt(integers, 1), integers[0]!, integers[8]!),
  blockSums: (integers) => overBlocks(productAt(integers, 1), integers[0]!, integers[8]!),
  // Scales, and shifts if there are any.
  blockSpade: (integers) => overBlocks(productAt(integers, 1), integers[0]! * (integers[9]! + 1)),
  blockMaskMotion: (integers) => overBlocks(productAt(integers, 0), MASK_BLOCKS),
};

const MASK_BLOCKS = 2;

/** Over repeated cells a kernel of side 2 for each place stands for one of side 3. */
function overBlocks(product: Product, outBlocks: number, factor = 1): ConvolutionLayer {
  const { inBlocks, slices, side, depth, height, width } = product;
  const kernel = factor === 1 ? [slices, side, side] : [slices, side + 1, side + 1];
  return {
    what: 'convolution',
    precision: 'fp16',
    batch: 1,
    inputs: BLOCK * inBlocks,
    outputs: BLOCK * outBlocks,
    kernel,
    cells: [depth, height, width],
    strides: [1, 1, 1],
    pads: kernel.map((length) => Math.floor(length / 2)),
    factor,
    groups: 1,
  };
}

/** In the order of ops/windows.ts: dims of the output, then what the window is. */
function convolution(integers: readonly number[]): ConvolutionLayer {
  const rank = integers[0]!;
  const three = (index: number) => integers.slice(1 + rank + 3 * index, 4 + rank + 3 * index);
  const [groupInputs, groupOutputs] = integers.slice(16 + rank) as [number, number];
  const groups = integers[2]! / groupOutputs;
  return {
    what: 'convolution',
    precision: 'fp32',
    batch: integers[1]!,
    inputs: groups * groupInputs,
    outputs: groups * groupOutputs,
    kernel: three(1),
    cells: three(0),
    strides: three(2),
    pads: three(3),
    factor: 1,
    groups,
  };
}

/**
 * In the order of ops/product.ts: lengths of the result and of the sum, then for the result, the left side and the right one an offset and
 * strides. The left side stands still along columns, the right one along rows.
 */
function product(integers: readonly number[]): ProductLayer {
  const rank = integers[0]!;
  const lengths = integers.slice(1, 1 + rank);
  const length = integers[2 + rank]!;
  const left = integers.slice(5 + 2 * rank, 5 + 3 * rank);
  const right = integers.slice(7 + 3 * rank, 7 + 4 * rank);
  const sizeWhere = (is: (axis: number) => boolean) =>
    lengths.reduce((size, each, axis) => (is(axis) ? size * each : size), 1);
  const rows = sizeWhere((axis) => right[axis] === 0);
  const columns = sizeWhere((axis) => left[axis] === 0 && right[axis] !== 0);
  const batch = sizeWhere((axis) => left[axis] !== 0 && right[axis] !== 0);
  return { what: 'product', precision: 'fp32', batch, rows, length, columns };
}
