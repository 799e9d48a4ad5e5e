import { fromFront } from '../../attributes.js';
import {
  broadcastLayout,
  insertedLayout,
  type Layout,
  mergedAxes,
  pickedLayout,
  reshapedLayout,
  slicedLayout,
} from '../layout.js';
import type { NodeContext, PlanNode } from '../node-context.js';
import { OperationWriter } from '../operation.js';
import { knownNumbers, laidOut, type PlanValue } from '../storage.js';

/** Elements of an axis by their numbers: a view where these are known and lie equally far apart. */
export const GATHERS: Record<string, PlanNode> = { Gather: gather };

function gather(context: NodeContext): void {
  const [data, indices] = [context.any(0), context.any(1)];
  const axis = context.axis(0, data.layout.dims.length);
  const length = data.layout.dims[axis]!;
  const known = knownNumbers(indices)?.map((index) => fromFront(index, length));
  if (known?.some((index) => index < 0 || index >= length))
    throw context.refuse('beyond the end of its axis');
  const layout = known && evenly(data.layout, axis, known, indices.layout.dims);
  if (layout) context.define(laidOut(data, layout));
  else byTable(context, context.input(0), indices, axis);
}

/** The layout of elements that lie equally far apart; undefined if they do not. */
function evenly(layout: Layout, axis: number, known: number[], dims: readonly number[]): Layout | undefined {
  if (dims.length === 0) return pickedLayout(layout, axis, known[0]!);
  const step = known.length > 1 ? known[1]! - known[0]! : 1;
  if (known.some((index, i) => index !== known[0]! + i * step)) return undefined;
  const taken = slicedLayout(layout, axis, known[0]!, known.length, step);
  return reshapedLayout(taken, [...layout.dims.slice(0, axis), ...dims, ...layout.dims.slice(axis + 1)]);
}

function byTable(context: NodeContext, data: PlanValue, indices: PlanValue, axis: number): void {
  const [rank, { dims }] = [indices.layout.dims.length, data.layout];
  const result = [...dims.slice(0, axis), ...indices.layout.dims, ...dims.slice(axis + 1)];
  // Along the axes of the table the data does not move, and the table moves only along them.
  let from = pickedLayout(data.layout, axis, 0);
  let table = indices.layout;
  for (let i = 0; i < rank; i++) from = insertedLayout(from, axis);
  for (let i = axis + 1; i < dims.length; i++) table = insertedLayout(table, table.dims.length);
  const out = context.out(result);
  const { lengths, strides } = mergedAxes(result, [
    out.layout.strides,
    broadcastLayout(from, result).strides,
    broadcastLayout(table, result).strides,
  ]);
  const writer = new OperationWriter().axes(lengths).axes([dims[axis]!]).write(out, [lengths, strides[0]!]);
  writer.read(laidOut(data, from), [lengths, strides[1]!], [[dims[axis]!], [data.layout.strides[axis]!]]);
  context.emit(writer.read(laidOut(indices, table), [lengths, strides[2]!]), 'gather');
}
