import { sizeOf } from '../../../onnx/types.js';
import { floatOf, intOf, intsOf } from '../../attributes.js';
import { BLOCK, blocksOf, DOMAIN } from '../../domain.js';
import type { Layout } from '../layout.js';
import type { NodeContext, PlanNode } from '../node-context.js';
import { OperationWriter, overAll } from '../operation.js';
import { packingOf } from '../packed-weights.js';
import type { MeasuredParts } from '../planner.js';
import { canPool, measuredRows, partCount } from '../tiles.js';
import {
  biasOf,
  cellsOf,
  isPooled,
  packedWeights,
  pooledDims,
  pooledOutput,
  productOf,
  slopeOf,
} from './operands.js';
import { inParts, isFlat } from './parts.js';
import { withThreeAxes } from './windows.js';

/** Operators over blocks of halves, [blocks, (depth,) height, width, 16], in the order of native/plan/block_kernels.cc. */
export const BLOCKS: Record<string, PlanNode> = {
  'kdtalker:Block': toBlocks,
  'kdtalker:Unblock': fromBlocks,
  'kdtalker:Conv': (context) => (isFlat(context) ? inParts : convolution)(context),
  'kdtalker:UpConv': (context) => (isFlat(context) ? inParts : upConvolution)(context),
  'kdtalker:AveragePool': pool,
  'kdtalker:Stats': statistics,
  'kdtalker:Spade': spade,
  'kdtalker:UpConvEnd': nine,
  'kdtalker:Picture': picture,
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

function convolution(context: NodeContext): void {
  const { node } = context;
  const value = context.halves(0);
  const { outputs, inputs } = packingOf(node)!;
  const cells = cellsOf(value.layout);
  const dims = [blocksOf(outputs), ...cells, BLOCK];
  const pooled = canPool(packingOf(node)!) && !context.has(3) ? pooledOutput(context, dims) : undefined;
  const out = pooled ?? context.outHalves(dims);
  const writer = new OperationWriter()
    .integers(blocksOf(outputs), ...productOf(context, value), context.has(3) ? 1 : 0)
    .floats(slopeOf(context), floatOf(node, 'beta', 1));
  writer.writeRow(out).readRow(value).readRow(packedWeights(context)).readRow(biasOf(context));
  if (context.has(3)) writer.readRow(context.halves(3));
  const measured = measuredHere(context, cells);
  if (measured) writer.writeRow(measured.moments);
  const plain = pooled ? 'blockPooledConvolution' : 'blockConvolution';
  const kind = measured ? 'blockMeasuredConvolution' : plain;
  context.emit(writer, kind, outputs * inputs * sizeOf([...cells, ...intsOf(node, 'kernel')!]));
}

/** Where the moments of a convolution's picture go, if somebody needs its statistics and it has a form that measures. */
function measuredHere({ planner, node }: NodeContext, cells: readonly number[]): MeasuredParts | undefined {
  const [name, packing] = [node.outputs[0]!, packingOf(node)!];
  const rows = measuredRows(packing);
  const wanted = planner.graph.users(name).some(({ type, domain }) => domain === DOMAIN && type === 'Stats');
  if (!wanted || !rows || cells.length !== 2) return undefined;
  const parts = { height: cells[0]!, width: cells[1]!, rows };
  const moments = planner.temporary([blocksOf(packing.outputs), partCount(parts), 2, BLOCK]);
  planner.measured.set(name, { moments, parts });
  return { moments, parts };
}

function upConvolution(context: NodeContext): void {
  const value = context.halves(0);
  const { outputs, inputs, slices, side, factor } = packingOf(context.node)!;
  const cells = cellsOf(value.layout);
  const large = cells.map((length, axis) => (axis < cells.length - 2 ? length : factor * length));
  const out = context.outHalves([blocksOf(outputs), ...large, BLOCK]);
  const writer = new OperationWriter()
    .integers(blocksOf(outputs), ...productOf(context, value), factor)
    .floats(slopeOf(context));
  writer.writeRow(out).readRow(value).readRow(packedWeights(context)).readRow(biasOf(context));
  context.emit(writer, 'blockUpConvolution', outputs * inputs * sizeOf(large) * slices * side ** 2);
}

/** From what the value's convolution measured, or from the value. */
function statistics(context: NodeContext): void {
  const { planner, node } = context;
  const value = context.halves(0);
  const blocks = value.layout.dims[0]!;
  const out = context.out([blocks, 2, BLOCK]);
  const measured = planner.measured.get(node.inputs[0]!);
  const writer = new OperationWriter().integers(blocks).floats(floatOf(node, 'epsilon', 1e-5));
  if (measured) {
    const { height, width, rows } = measured.parts;
    writer.integers(height, width, rows).writeRow(out).readRow(measured.moments);
    context.emit(writer, 'blockStatisticsEnd');
  } else {
    writer
      .integers(sizeOf(cellsOf(value.layout)))
      .writeRow(out)
      .readRow(value);
    context.emit(writer, 'blockStatistics');
  }
}

function spade(context: NodeContext): void {
  const { node } = context;
  const value = context.halves(0);
  const { outputs, inputs, inTurn } = packingOf(node)!;
  const cells = cellsOf(value.layout);
  const blocks = blocksOf(intOf(node, 'channels', 0));
  const out = context.outHalves([blocks, ...cells, BLOCK]);
  const writer = new OperationWriter()
    .integers(blocks, ...productOf(context, value), intOf(node, 'factor', 1), inTurn ? 1 : 0)
    .floats(floatOf(node, 'alpha', 1));
  writer.writeRow(out).readRow(value).readRow(packedWeights(context)).readRow(biasOf(context));
  writer.readRow(context.halves(3)).readRow(context.planner.dense(context.input(4), node));
  context.emit(writer, 'blockSpade', outputs * inputs * sizeOf(cells) * 9);
}

function pool(context: NodeContext): void {
  if (isPooled(context)) return;
  const value = context.halves(0);
  const dims = pooledDims(value.layout.dims);
  const out = context.outHalves(dims);
  const writer = new OperationWriter().integers(sizeOf(dims.slice(0, -3)), ...dims.slice(-3, -1));
  context.emit(writer.writeRow(out).readRow(value), 'blockPool');
}

/** The end of a convolution over repeated cells, from products with each of its nine taps. */
function nine(context: NodeContext): void {
  const value = context.halves(0);
  const [factor, blocks] = [intOf(context.node, 'factor', 1), blocksOf(intOf(context.node, 'channels', 0))];
  const [height, width] = cellsOf(value.layout) as [number, number];
  const out = context.outHalves([blocks, factor * height, factor * width, BLOCK]);
  const writer = new OperationWriter().integers(blocks, factor, height, width);
  writer
    .floats(floatOf(context.node, 'alpha', 1))
    .writeRow(out)
    .readRow(value);
  context.emit(writer.readRow(context.planner.dense(context.input(1), context.node)), 'blockNine');
}

/** A picture of two by two pixels a cell. */
function picture(context: NodeContext): void {
  const value = context.halves(0);
  const [height, width] = cellsOf(value.layout) as [number, number];
  const channels = intOf(context.node, 'channels', 0);
  const out = context.out([1, channels, 2 * height, 2 * width]);
  const writer = new OperationWriter().integers(channels, height, width);
  context.emit(writer.writeRow(out).readRow(value), 'blockPicture');
}
