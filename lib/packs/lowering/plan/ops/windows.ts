import { sizeOf } from '../../../onnx/types.js';
import { intOf, intsOf, textOf } from '../../attributes.js';
import { insertedLayout, type Layout } from '../layout.js';
import type { NodeContext, PlanNode } from '../node-context.js';
import { OperationWriter, overAll } from '../operation.js';

/** Operators that move a window over one to three axes. */
export const WINDOWS: Record<string, PlanNode> = {
  Conv: convolution,
  AveragePool: (context) => pool(context, intOf(context.node, 'count_include_pad', 0)),
  MaxPool: (context) => pool(context, 2),
};

/** A window and the lengths that it gives; three axes each, the first ones of length 1 where the operator has fewer. */
interface Window {
  kernel: number[];
  strides: number[];
  pads: number[];
  dilations: number[];
  input: number[];
  output: number[];
}

/** [n, c, ...] as [n, c, depth, height, width]. */
export function withThreeAxes(layout: Layout): Layout {
  return layout.dims.length < 5 ? withThreeAxes(insertedLayout(layout, 2)) : layout;
}

function windowOf(context: NodeContext, kernel: readonly number[]): Window {
  const { node } = context;
  const dims = context.dims(0);
  const axes = dims.length - 2;
  const padding = textOf(node, 'auto_pad', 'NOTSET');
  if (padding !== 'NOTSET' && padding !== 'VALID') throw context.refuse(`with auto_pad '${padding}'`);
  if (axes < 1 || axes > 3) throw context.refuse(`on ${axes} axes`);
  const ones = new Array<number>(axes).fill(1);
  const pads = intsOf(node, 'pads') ?? new Array<number>(2 * axes).fill(0);
  const [strides, dilations] = [intsOf(node, 'strides') ?? ones, intsOf(node, 'dilations') ?? ones];
  const isRoundedUp = intOf(node, 'ceil_mode', 0) === 1;
  const output = dims.slice(2).map((length, i) => {
    const covered = dilations[i]! * (kernel[i]! - 1) + 1;
    const steps = (length + pads[i]! + pads[i + axes]! - covered) / strides[i]!;
    if (!isRoundedUp) return Math.floor(steps) + 1;
    // The last window begins inside.
    return Math.min(Math.ceil(steps), Math.ceil((length + pads[i]!) / strides[i]!) - 1) + 1;
  });
  if (output.some((length) => length < 1) || pads.some((length) => length < 0))
    throw context.refuse('in this form');
  const three = (lengths: readonly number[], missing: number) => [
    ...new Array<number>(3 - axes).fill(missing),
    ...lengths,
  ];
  return {
    kernel: three(kernel, 1),
    strides: three(strides, 1),
    pads: three(pads.slice(0, axes), 0),
    dilations: three(dilations, 1),
    input: three(dims.slice(2), 1),
    output,
  };
}

const numbersOf = ({ input, kernel, strides, pads, dilations }: Window) => [
  ...input,
  ...kernel,
  ...strides,
  ...pads,
  ...dilations,
];

function convolution(context: NodeContext): void {
  const { planner, node } = context;
  const weights = planner.dense(context.input(1), node);
  const [outputs, inputs, ...kernel] = weights.layout.dims as [number, number, ...number[]];
  const window = windowOf(context, kernel);
  const groups = intOf(node, 'group', 1);
  const value = context.input(0);
  const [n, channels] = value.layout.dims;
  if (channels !== groups * inputs || outputs % groups) throw context.refuse('of channels that do not fit');
  const out = context.out([n!, outputs, ...window.output]);
  const [to, from] = [withThreeAxes(out.layout), withThreeAxes(value.layout)];
  const writer = new OperationWriter().axes(to.dims).integers(...numbersOf(window));
  writer.integers(inputs, outputs / groups, context.has(2) ? 1 : 0);
  writer.write(out, overAll(to)).read(value, overAll(from)).readRow(weights);
  if (context.has(2)) writer.readRow(planner.dense(context.input(2), node));
  context.emit(writer, 'convolution', sizeOf(to.dims) * inputs * sizeOf(kernel));
}

/** @param code the number of `PoolCode` in native/kernels/plan/pool.h */
function pool(context: NodeContext, code: number): void {
  if (context.node.outputs.length > 1) throw context.refuse('with indices as outputs');
  if (code === 1 && intOf(context.node, 'ceil_mode', 0))
    throw context.refuse('with ceil_mode and count_include_pad');
  const window = windowOf(context, intsOf(context.node, 'kernel_shape')!);
  const value = context.input(0);
  const out = context.out([...value.layout.dims.slice(0, 2), ...window.output]);
  const [to, from] = [withThreeAxes(out.layout), withThreeAxes(value.layout)];
  const writer = new OperationWriter()
    .integers(code)
    .axes(to.dims)
    .integers(...numbersOf(window));
  context.emit(writer.write(out, overAll(to)).read(value, overAll(from)), 'pool');
}
