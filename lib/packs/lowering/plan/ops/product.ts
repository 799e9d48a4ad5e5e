import { sizeOf } from '../../../onnx/types.js';
import { floatOf, intOf } from '../../attributes.js';
import type { Step } from '../chain.js';
import {
  broadcastLayout,
  commonDims,
  insertedLayout,
  type Layout,
  mergedAxes,
  pickedLayout,
  transposedLayout,
} from '../layout.js';
import type { NodeContext, PlanNode } from '../node-context.js';
import { OperationWriter } from '../operation.js';
import { laidOut, type PlanValue } from '../storage.js';

/** Matrix products. */
export const PRODUCTS: Record<string, PlanNode> = {
  MatMul(context) {
    product(context, context.input(0), context.input(1), (dims) => context.out(dims));
  },
  Gemm: general,
};

/** [rows, length] x [length, columns], each transposed if need be, plus what is added to each element. */
function general(context: NodeContext): void {
  const { planner, node } = context;
  const [alpha, beta] = [floatOf(node, 'alpha', 1), floatOf(node, 'beta', 1)];
  const side = (index: number, flag: string) => {
    const value = context.input(index);
    return intOf(node, flag, 0) ? laidOut(value, transposedLayout(value.layout, [1, 0])) : value;
  };
  const [left, right] = [side(0, 'transA'), side(1, 'transB')];
  if (alpha === 1 && !context.has(2)) {
    product(context, left, right, (dims) => context.out(dims));
    return;
  }
  const start = product(context, left, right, (dims) => planner.temporary(dims));
  const { dims } = start.layout;
  const steps: Step[] = alpha === 1 ? [] : [{ code: 'multiply', first: alpha }];
  if (context.has(2)) steps.push({ code: 'add', operand: scaled(context, beta, dims) });
  planner.wait(node.outputs[0]!, { dims, start, steps, node });
}

/** What a product is added to. */
function scaled(context: NodeContext, beta: number, dims: readonly number[]): PlanValue {
  const value = context.input(2);
  if (commonDims([value.layout.dims, dims])?.length !== dims.length)
    throw context.refuse('of lengths that do not fit');
  if (beta === 1) return value;
  const steps: Step[] = [{ code: 'multiply', first: beta }];
  return context.planner.computed({ dims: value.layout.dims, start: value, steps, node: context.node });
}

/** [..., rows, length] x [..., length, columns]; a vector is a matrix of one row or column that the result lacks. */
function product(
  context: NodeContext,
  left: PlanValue,
  right: PlanValue,
  outOf: (dims: readonly number[]) => PlanValue,
): PlanValue {
  const [rowless, columnless] = [left.layout.dims.length === 1, right.layout.dims.length === 1];
  const a = rowless ? insertedLayout(left.layout, 0) : left.layout;
  const b = columnless ? insertedLayout(right.layout, 1) : right.layout;
  const [rows, length, columns] = [a.dims.at(-2)!, a.dims.at(-1)!, b.dims.at(-1)!];
  const batch = commonDims([a.dims.slice(0, -2), b.dims.slice(0, -2)]);
  if (!batch || b.dims.at(-2) !== length) throw context.refuse('of lengths that do not fit');
  const dims = [...batch, rows, columns];
  const out = outOf([...batch, ...(rowless ? [] : [rows]), ...(columnless ? [] : [columns])]);
  let to: Layout = out.layout;
  if (rowless) to = insertedLayout(to, batch.length);
  if (columnless) to = insertedLayout(to, batch.length + 1);
  // Rows of the left side and columns of the right one; the axis between them is the sum's.
  const from = broadcastLayout(
    insertedLayout(pickedLayout(a, a.dims.length - 1, 0), a.dims.length - 1),
    dims,
  );
  const by = broadcastLayout(insertedLayout(pickedLayout(b, b.dims.length - 2, 0), b.dims.length - 2), dims);
  const { lengths, strides } = mergedAxes(dims, [to.strides, from.strides, by.strides]);
  const writer = new OperationWriter().axes(lengths).axes([length]).write(out, [lengths, strides[0]!]);
  writer.read(laidOut(left, from), [lengths, strides[1]!], [[length], [a.strides.at(-1)!]]);
  writer.read(laidOut(right, by), [lengths, strides[2]!], [[length], [b.strides.at(-2)!]]);
  context.emit(writer, 'product', sizeOf(dims) * length);
  return out;
}
