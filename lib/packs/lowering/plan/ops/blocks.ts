import { sizeOf } from '../../../onnx/types.js';
import { floatOf, intOf, intsOf, textOf } from '../../attributes.js';
import { BLOCK, blocksOf } from '../../domain.js';
import { denseLayout, type Layout } from '../layout.js';
import type { NodeContext, PlanNode } from '../node-context.js';
import { OperationWriter, overAll } from '../operation.js';
import { PACKED_INPUT, packedCount, packedName, packingOf } from '../packed-weights.js';
import type { PlanValue } from '../storage.js';
import { withThreeAxes } from './windows.js';

/** Operators over blocks of halves, [blocks, (depth,) height, width, 16], in the order of native/plan/block_kernels.cc. */
export const BLOCKS: Record<string, PlanNode> = {
  'kdtalker:Block': toBlocks,
  'kdtalker:Unblock': fromBlocks,
  'kdtalker:Conv': convolution,
  'kdtalker:AveragePool': pool,
};

/** [1, channels, (depth,) height, width] without the batch and with a depth. */
function withDepth(layout: Layout): Layout {
  const { offset, dims, strides } = withThreeAxes(layout);
  return { offset, dims: dims.slice(1), strides: strides.slice(1) };
}

function toBlocks(context: NodeContext): void {
  const value = context.input(0);
  const { dims } = value.layout;
  const out = context.outHalves([blocksOf(dims[1]!), ...dims.slice(2), BLOCK]);
  const from = withDepth(value.layout);
  const writer = new OperationWriter().axes(from.dims).writeRow(out);
  context.emit(writer.read(value, overAll(from)), 'toBlocks');
}

function fromBlocks(context: NodeContext): void {
  const value = context.halves(0);
  const out = context.out([1, intOf(context.node, 'channels', 0), ...value.layout.dims.slice(1, -1)]);
  const to = withDepth(out.layout);
  const writer = new OperationWriter().axes(to.dims).write(out, overAll(to));
  context.emit(writer.readRow(value), 'fromBlocks');
}

/** The factor of what is below zero. */
const SLOPES: Record<string, (alpha: number) => number> = {
  none: () => 1,
  relu: () => 0,
  leaky: (alpha) => alpha,
};

function convolution(context: NodeContext): void {
  const { node, planner } = context;
  const value = context.halves(0);
  const { outputs, slices, side, groups } = packingOf(node)!;
  const cells = value.layout.dims.slice(1, -1);
  const out = context.outHalves([blocksOf(outputs), ...cells, BLOCK]);
  const kernel = intsOf(node, 'kernel')!;
  const writer = new OperationWriter()
    .integers(blocksOf(outputs), value.layout.dims[0]!, slices, side, groups)
    .integers(...(cells.length === 3 ? cells : [1, ...cells]), context.has(3) ? 1 : 0)
    .floats(SLOPES[textOf(node, 'activation', 'none')]!(floatOf(node, 'alpha', 0)));
  writer.writeRow(out).readRow(value).readRow(packedWeights(context));
  writer.readRow(planner.dense(context.input(2), node));
  if (context.has(3)) writer.readRow(context.halves(3));
  context.emit(
    writer,
    'blockConvolution',
    outputs * intOf(node, 'in_channels', 0) * sizeOf([...cells, ...kernel]),
  );
}

function packedWeights({ node }: NodeContext): PlanValue {
  const packing = packingOf(node)!;
  const [elements, name] = [packedCount(packing), packedName(node.inputs[PACKED_INPUT]!, packing)];
  return { storage: { where: 'weights', type: 'float16', elements, name }, layout: denseLayout([elements]) };
}

function pool(context: NodeContext): void {
  const value = context.halves(0);
  const [planes, [height, width]] = [value.layout.dims.slice(0, -3), value.layout.dims.slice(-3, -1)];
  const out = context.outHalves([...planes, height! / 2, width! / 2, BLOCK]);
  const writer = new OperationWriter().integers(sizeOf(planes), height! / 2, width! / 2);
  context.emit(writer.writeRow(out).readRow(value), 'blockPool');
}
