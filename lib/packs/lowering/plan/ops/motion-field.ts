import { sizeOf } from '../../../onnx/types.js';
import { intOf } from '../../attributes.js';
import { BLOCK, blocksOf } from '../../domain.js';
import type { NodeContext, PlanNode } from '../node-context.js';
import { OperationWriter } from '../operation.js';
import { packingOf } from '../packed-weights.js';
import { biasOf, cellsOf, packedWeights, productOf } from './operands.js';
import { productsInParts } from './parts.js';

/** Operators of the warping network over blocks of halves. */
export const MOTION_FIELD: Record<string, PlanNode> = {
  'kdtalker:MotionInput': motionInput,
  'kdtalker:MaskMotion': maskMotion,
  'kdtalker:Occlusion': occlusion,
  'kdtalker:SampleBlocks': sampleBlocks,
  'kdtalker:Masked': masked,
};

const CANDIDATES = 22;
/** Channels of the dense motion network's input: of each candidate its heat and four features. */
const STACKED = CANDIDATES * 5;

const row = (context: NodeContext, input: number) =>
  context.planner.dense(context.input(input), context.node);

function motionInput(context: NodeContext): void {
  const value = context.halves(0);
  const cells = cellsOf(value.layout);
  const writer = new OperationWriter().integers(...cells);
  writer.writeRow(context.outHalves([blocksOf(STACKED), ...cells, BLOCK])).readRow(value);
  context.emit(writer.readRow(row(context, 1)).readRow(row(context, 2)), 'blockMotionInput');
}

function maskMotion(context: NodeContext): void {
  const value = context.halves(0);
  const { inputs, slices, side } = packingOf(context.node)!;
  const cells = cellsOf(value.layout);
  const writer = new OperationWriter().integers(...productOf(context, value));
  writer
    .writeRow(context.out([1, ...cells, 3]))
    .readRow(value)
    .readRow(packedWeights(context));
  writer.readRow(biasOf(context)).readRow(row(context, 3)).readRow(row(context, 4));
  context.emit(writer, 'blockMaskMotion', CANDIDATES * inputs * sizeOf(cells) * slices * side ** 2);
}

/** All slices of the volume are blocks of a picture, which lie side by side already. */
function occlusion(context: NodeContext): void {
  const value = context.halves(0);
  const [height, width] = cellsOf(value.layout).slice(-2) as [number, number];
  const sums = productsInParts(context, value, [height, width]);
  const out = context.out([1, 1, height, width]);
  const writer = new OperationWriter().integers(sums.layout.dims[0]!, intOf(context.node, 'kernel', 0));
  writer.integers(height, width).writeRow(out).readRow(sums).readRow(biasOf(context));
  context.emit(writer, 'blockOcclusion');
}

function sampleBlocks(context: NodeContext): void {
  const [value, places] = [context.halves(0), row(context, 1)];
  const [, depth, ...cells] = places.layout.dims.slice(0, -1) as [number, number, number, number];
  const blocks = blocksOf(intOf(context.node, 'channels', 0) * depth);
  const writer = new OperationWriter()
    .integers(...cellsOf(value.layout), value.layout.dims[0]!, blocks)
    .integers(depth, ...cells);
  writer.writeRow(context.outHalves([blocks, ...cells, BLOCK]));
  const multiplyAdds = 8 * intOf(context.node, 'channels', 0) * depth * sizeOf(cells);
  context.emit(writer.readRow(value).readRow(places), 'blockSample', multiplyAdds);
}

function masked(context: NodeContext): void {
  const value = context.halves(0);
  const [blocks, ...cells] = value.layout.dims.slice(0, -1) as [number, ...number[]];
  const writer = new OperationWriter().integers(blocks, sizeOf(cells));
  writer.writeRow(context.outHalves(value.layout.dims)).readRow(value);
  context.emit(writer.readRow(row(context, 1)), 'blockMasked');
}
