import { sizeOf } from '../../../onnx/types.js';
import { fromFront, intOf, intsOf, textOf } from '../../attributes.js';
import {
  broadcastLayout,
  commonDims,
  insertedLayout,
  type Layout,
  pickedLayout,
  reshapedLayout,
  slicedLayout,
  transposedLayout,
} from '../layout.js';
import type { NodeContext, PlanNode } from '../node-context.js';
import { laidOut } from '../storage.js';

/** Operators that only lay out the same elements otherwise. */
export const VIEWS: Record<string, PlanNode> = {
  Identity: (context) => context.define(context.any(0)),
  Reshape: reshape,
  Flatten(context) {
    const dims = context.dims(0);
    const axis = context.axis(1, dims.length);
    giveReshaped(context, [sizeOf(dims.slice(0, axis)), sizeOf(dims.slice(axis))]);
  },
  Transpose: (context) => {
    const { layout, ...value } = context.any(0);
    const backwards = layout.dims.map((_, axis) => layout.dims.length - 1 - axis);
    const perm = intsOf(context.node, 'perm') ?? backwards;
    context.define(laidOut({ ...value, layout }, transposedLayout(layout, perm)));
  },
  Slice: slice,
  Split: split,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  DepthToSpace: depthToSpace,
};

function giveReshaped(context: NodeContext, dims: readonly number[]): void {
  const whole = dims.every((length) => Number.isInteger(length) && length >= 0);
  if (!whole || sizeOf(dims) !== sizeOf(context.dims(0))) throw context.refuse('to lengths that do not fit');
  const { planner, node } = context;
  context.define(planner.reshaped(context.any(0), (layout) => reshapedLayout(layout, dims), node));
}

function reshape(context: NodeContext): void {
  const dims = context.dims(0);
  if (intOf(context.node, 'allowzero', 0)) throw context.refuse('with allowzero');
  const lengths = context.numbers(1, 'lengths').map((length, axis) => (length === 0 ? dims[axis]! : length));
  const rest = sizeOf(dims) / sizeOf(lengths.filter((length) => length !== -1));
  giveReshaped(
    context,
    lengths.map((length) => (length === -1 ? rest : length)),
  );
}

function slice(context: NodeContext): void {
  const value = context.any(0);
  const { dims } = value.layout;
  const [starts, ends] = [context.numbers(1, 'starts'), context.numbers(2, 'ends')];
  const axes = context.numbersIf(3, 'axes') ?? starts.map((_, axis) => axis);
  const steps = context.numbersIf(4, 'steps') ?? axes.map(() => 1);
  const layout = axes.reduce<Layout>((cut, given, i) => {
    const axis = fromFront(given, dims.length);
    const { start, length } = range(dims[axis]!, starts[i]!, ends[i]!, steps[i]!);
    if (length < 1) throw context.refuse('of no elements');
    return slicedLayout(cut, axis, start, length, steps[i]!);
  }, value.layout);
  context.define(laidOut(value, layout));
}

/** The first element and the number of elements that a slice takes. */
function range(dim: number, start: number, end: number, step: number) {
  const place = (at: number, low: number, high: number) =>
    Math.min(Math.max(at < 0 ? at + dim : at, low), high);
  const from = step > 0 ? place(start, 0, dim) : place(start, 0, dim - 1);
  const to = step > 0 ? place(end, 0, dim) : place(end, -1, dim - 1);
  return { start: from, length: Math.ceil((to - from) / step) };
}

function split(context: NodeContext): void {
  const value = context.any(0);
  const { outputs } = context.node;
  const axis = context.axis(0, value.layout.dims.length);
  const each = Math.ceil(value.layout.dims[axis]! / outputs.length);
  const last = value.layout.dims[axis]! - each * (outputs.length - 1);
  const equal = outputs.map((_, i) => (i === outputs.length - 1 ? last : each));
  let start = 0;
  for (const [i, length] of (context.numbersIf(1, 'lengths') ?? equal).entries()) {
    context.define(laidOut(value, slicedLayout(value.layout, axis, start, length)), i);
    start += length;
  }
  if (start !== value.layout.dims[axis]) throw context.refuse('into lengths that do not fit');
}

function squeeze(context: NodeContext): void {
  const value = context.any(0);
  const { dims } = value.layout;
  const ones = dims.flatMap((length, axis) => (length === 1 ? [axis] : []));
  const axes = (context.numbersIf(1, 'axes') ?? ones).map((axis) => fromFront(axis, dims.length));
  const layout = axes
    .sort((a, b) => b - a)
    .reduce<Layout>((left, axis) => pickedLayout(left, axis, 0), value.layout);
  context.define(laidOut(value, layout));
}

function unsqueeze(context: NodeContext): void {
  const value = context.any(0);
  const given = context.numbers(1, 'axes');
  const rank = value.layout.dims.length + given.length;
  const axes = given.map((axis) => fromFront(axis, rank)).sort((a, b) => a - b);
  context.define(laidOut(value, axes.reduce<Layout>(insertedLayout, value.layout)));
}

function expand(context: NodeContext): void {
  const value = context.any(0);
  const dims = commonDims([value.layout.dims, context.numbers(1, 'lengths')]);
  if (!dims) throw context.refuse('to lengths that do not fit');
  context.define(laidOut(value, broadcastLayout(value.layout, dims)));
}

/** Channels become squares of cells: [n, c b b, h, w] to [n, c, h b, w b]. */
function depthToSpace(context: NodeContext): void {
  const { planner, node } = context;
  const value = context.input(0);
  const [n, channels, height, width] = value.layout.dims as [number, number, number, number];
  const side = intOf(node, 'blocksize', 1);
  const kept = channels / side ** 2;
  if (value.layout.dims.length !== 4 || !Number.isInteger(kept))
    throw context.refuse('of channels that do not fit');
  const inside = textOf(node, 'mode', 'DCR') === 'CRD';
  const parts = inside ? [n, kept, side, side, height, width] : [n, side, side, kept, height, width];
  const perm = inside ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  const cells = planner.reshaped(value, (layout) => reshapedLayout(layout, parts), node);
  const moved = laidOut(cells, transposedLayout(cells.layout, perm));
  const dims = [n, kept, height * side, width * side];
  const out = context.out(dims);
  const view = reshapedLayout(out.layout, [n, kept, height, side, width, side]);
  if (!view) throw context.refuse('as a part of a Concat along its width');
  context.copy(moved, laidOut(out, view));
}
