import { sizeOf } from '../../../onnx/types.js';
import {
  broadcastLayout,
  commonDims,
  insertedLayout,
  type Layout,
  mergedAxes,
  pickedLayout,
} from '../layout.js';
import type { NodeContext, PlanNode } from '../node-context.js';
import { OperationWriter } from '../operation.js';
import { laidOut } from '../storage.js';

/** Matrix products. */
export const PRODUCTS: Record<string, PlanNode> = { MatMul: product };

/** [..., rows, length] x [..., length, columns]; a vector is a matrix of one row or column that the result lacks. */
function product(context: NodeContext): void {
  const [left, right] = [context.input(0), context.input(1)];
  const [rowless, columnless] = [left.layout.dims.length === 1, right.layout.dims.length === 1];
  const a = rowless ? insertedLayout(left.layout, 0) : left.layout;
  const b = columnless ? insertedLayout(right.layout, 1) : right.layout;
  const [rows, length, columns] = [a.dims.at(-2)!, a.dims.at(-1)!, b.dims.at(-1)!];
  const batch = commonDims([a.dims.slice(0, -2), b.dims.slice(0, -2)]);
  if (!batch || b.dims.at(-2) !== length) throw context.refuse('of lengths that do not fit');
  const dims = [...batch, rows, columns];
  const out = context.out([...batch, ...(rowless ? [] : [rows]), ...(columnless ? [] : [columns])]);
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
}
