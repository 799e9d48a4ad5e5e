import { sizeOf } from '../../../onnx/types.js';
import { floatOf, fromFront, intOf, intsOf } from '../../attributes.js';
import { broadcastLayout, type Layout, mergedAxes, reshapedLayout } from '../layout.js';
import type { NodeContext, PlanNode } from '../node-context.js';
import { OperationWriter } from '../operation.js';
import { constantValue, laidOut, type PlanValue } from '../storage.js';

/** Operators that make something of whole rows: sums, softmax, normalisations. */
export const ROWS: Record<string, PlanNode> = {
  ReduceSum: (context) => reduce(context, 0),
  ReduceMean: (context) => reduce(context, 1),
  ReduceMax: (context) => reduce(context, 2),
  ReduceMin: (context) => reduce(context, 3),
  ReduceL2: (context) => reduce(context, 4),
  GlobalAveragePool: (context) =>
    reduce(
      context,
      1,
      context.dims(0).flatMap((_, axis) => (axis < 2 ? [] : [axis])),
    ),
  Softmax: softmax,
  LayerNormalization: layerNormalisation,
  InstanceNormalization: instanceNormalisation,
};

/** Axes that a reduction keeps, and those that it takes together. */
function axesOf(context: NodeContext, rank: number, given: readonly number[] | undefined) {
  const wanted = given ?? context.numbersIf(1, 'axes') ?? intsOf(context.node, 'axes') ?? [];
  const none = !wanted.length && intOf(context.node, 'noop_with_empty_axes', 0) === 1;
  const all = Array.from({ length: rank }, (_, axis) => axis);
  const gone = new Set(wanted.length ? wanted.map((axis) => fromFront(axis, rank)) : none ? [] : all);
  return { kept: all.filter((axis) => !gone.has(axis)), reduced: all.filter((axis) => gone.has(axis)) };
}

/** @param code the number of `ReduceCode` in native/kernels/plan/reduce.h */
function reduce(context: NodeContext, code: number, given?: number[]): void {
  const value = context.input(0);
  const { dims, strides } = value.layout;
  const { kept, reduced } = axesOf(context, dims.length, given);
  const keepdims = intOf(context.node, 'keepdims', 1) === 1;
  const at = (axes: number[], of: readonly number[]) => axes.map((axis) => of[axis]!);
  const ones = dims.map((length, axis) => (reduced.includes(axis) ? 1 : length));
  const out = context.out(keepdims ? ones : at(kept, dims));
  const to = keepdims ? at(kept, out.layout.strides) : out.layout.strides;
  const rows = mergedAxes(at(kept, dims), [to, at(kept, strides)]);
  const row = mergedAxes(at(reduced, dims), [at(reduced, strides)]);
  const writer = new OperationWriter().integers(code).axes(rows.lengths).axes(row.lengths);
  writer.write(out, [rows.lengths, rows.strides[0]!]);
  writer.read(value, [rows.lengths, rows.strides[1]!], [row.lengths, row.strides[0]!]);
  context.emit(writer, 'reduce');
}

function softmax(context: NodeContext): void {
  const value = context.input(0);
  const { dims } = value.layout;
  const axis = context.axis(-1, dims.length);
  const out = context.out(dims);
  const [to, from] = [out.layout.strides, value.layout.strides];
  const { lengths, strides } = mergedAxes(dims.toSpliced(axis, 1), [
    to.toSpliced(axis, 1),
    from.toSpliced(axis, 1),
  ]);
  const writer = new OperationWriter().axes(lengths).axes([dims[axis]!]);
  writer.write(out, [lengths, strides[0]!], [[dims[axis]!], [to[axis]!]]);
  context.emit(writer.read(value, [lengths, strides[1]!], [[dims[axis]!], [from[axis]!]]), 'softmax');
}

function layerNormalisation(context: NodeContext): void {
  const value = context.input(0);
  const { dims } = value.layout;
  if (context.node.outputs.length > 1) throw context.refuse('with statistics as outputs');
  const axis = context.axis(-1, dims.length);
  const vector = (index: number) => {
    const given = context.has(index) ? context.input(index) : constantValue('float32', [], [0]);
    return laidOut(given, broadcastLayout(given.layout, dims));
  };
  normalise(context, value, { scale: vector(1), shift: vector(2), axis });
}

/** [n, c, ...]: every channel of a picture is a row; scale and shift are of channels. */
function instanceNormalisation(context: NodeContext): void {
  const value = context.input(0);
  const { dims } = value.layout;
  const vector = (index: number) => {
    const given = context.input(index);
    const beside = [...given.layout.dims, ...dims.slice(2).map(() => 1)];
    return laidOut(given, broadcastLayout(reshapedLayout(given.layout, beside)!, dims));
  };
  normalise(context, value, { scale: vector(1), shift: vector(2), axis: 2 });
}

/** Rows are everything from `axis` on. */
function normalise(
  context: NodeContext,
  value: PlanValue,
  { scale, shift, axis }: { scale: PlanValue; shift: PlanValue; axis: number },
): void {
  const { dims } = value.layout;
  const all = [context.out(dims), value, scale, shift];
  const part = (from: number, to?: number) =>
    mergedAxes(
      dims.slice(from, to),
      all.map(({ layout }: { layout: Layout }) => layout.strides.slice(from, to)),
    );
  const [rows, row] = [part(0, axis), part(axis)];
  const writer = new OperationWriter().axes(rows.lengths).axes(row.lengths);
  all.forEach((each, i) => {
    const over = [
      [rows.lengths, rows.strides[i]!],
      [row.lengths, row.strides[i]!],
    ] as const;
    if (i === 0) writer.write(each, ...over);
    else writer.read(each, ...over);
  });
  writer.floats(floatOf(context.node, 'epsilon', 1e-5));
  context.emit(writer, 'normaliseRows', 2 * sizeOf(dims));
}
