import { sizeOf } from '../../../onnx/types.js';
import { BLOCK, blocksOf } from '../../domain.js';
import type { NodeContext } from '../node-context.js';
import { OperationWriter } from '../operation.js';
import { packingOf } from '../packed-weights.js';
import type { PlanValue } from '../storage.js';
import { FLAT_CELLS, flatSlices } from '../tiles.js';
import { biasOf, cellsOf, packedWeights, pooledOutput, productOf, slopeOf } from './operands.js';

/** Cells of a slice up to which several slices are taken at a time: with more, a GPU's tiles are full anyway. */
const MOST_CELLS = 64;

/** The multiprocessors of a large GPU: so many blocks of threads should there be. */
const MULTIPROCESSORS = 128;

/** Whether a convolution has so few cells in a slice, and so many outputs, that its sums are made in parts. */
export function isFlat(context: NodeContext): boolean {
  const { side, groups } = packingOf(context.node)!;
  const [height, width] = context.dims(0).slice(-3, -1) as [number, number];
  const fits = (side === 2 || side === 3) && groups === 8 && height * width <= MOST_CELLS && !context.has(3);
  return fits && flatSlices(side, height, width) >= 1;
}

/** In how many parts the sums of so many rounds are made. */
function partsFor(rounds: number, blocksOfThreads: number): number {
  return Math.min(rounds, Math.ceil(MULTIPROCESSORS / blocksOfThreads));
}

/** A convolution as parts of its sums and what ends them. */
export function inParts(context: NodeContext): void {
  const value = context.halves(0);
  const { outputs, inputs, slices, side, groups, factor } = packingOf(context.node)!;
  const [blocks, product] = [blocksOf(outputs), productOf(context, value)];
  const [depth, height, width] = product.slice(-3) as [number, number, number];
  const tiles = Math.ceil(depth / flatSlices(side, height, width)) * Math.ceil(blocks / groups) * factor ** 2;
  const parts = partsFor(blocksOf(inputs) * slices, tiles);
  const cells = factor ** 2 * depth * height * width;
  const sums = context.planner.temporary([parts, blocks, cells, BLOCK]);
  const writer = new OperationWriter().integers(blocks, ...product, factor, parts);
  writer.writeRow(sums).readRow(value).readRow(packedWeights(context));
  context.emit(writer, 'blockSums', outputs * inputs * cells * slices * side ** 2);
  const large = cellsOf(value.layout).map((length, axis, { length: axes }) =>
    axis < axes - 2 ? length : factor * length,
  );
  const dims = [blocks, ...large, BLOCK];
  const pooled = factor === 1 ? pooledOutput(context, dims) : undefined;
  const out = pooled ?? context.outHalves(dims);
  const end = new OperationWriter().integers(parts, factor, blocks, depth, height, width);
  end.floats(slopeOf(context)).writeRow(out).readRow(sums).readRow(biasOf(context));
  context.emit(end, pooled ? 'blockPooledSumsEnd' : 'blockSumsEnd', 0);
}

/** Sums of a kernel of one cell over a picture, in parts. @returns [parts, outputs' blocks, height, width, 16] */
export function productsInParts(context: NodeContext, value: PlanValue, cells: [number, number]): PlanValue {
  const { outputs, inputs, groups } = packingOf(context.node)!;
  const [height, width] = cells;
  const rows = rowsAtOnce(height, width);
  const [blocks, rounds, slices] = [blocksOf(outputs), blocksOf(inputs), height / rows];
  const tiles = Math.ceil(slices / flatSlices(1, rows, width)) * Math.ceil(blocks / groups);
  const parts = partsFor(rounds, tiles);
  const sums = context.planner.temporary([parts, blocks, height, width, BLOCK]);
  const writer = new OperationWriter().integers(blocks, rounds, 1, 1, groups, slices, rows, width, 1, parts);
  writer.writeRow(sums).readRow(value).readRow(packedWeights(context));
  context.emit(writer, 'blockSums', outputs * inputs * sizeOf(cells));
  return sums;
}

/** The most rows of a picture, dividing its height, that a block of threads makes at once. */
function rowsAtOnce(height: number, width: number): number {
  let rows = Math.max(1, Math.min(height, Math.floor(FLAT_CELLS / width)));
  while (height % rows !== 0) rows--;
  return rows;
}
