import type { Graph, Value } from '../onnx/index.js';
import { centreOf } from './field.js';
import { range } from './linalg.js';

/** Side of the grid on which the eyes and the lips are drawn. */
export const FINE = 256;

/** A stretch of rows or columns of the fine grid, [from, to). */
export interface Span {
  from: number;
  to: number;
}

/** The rows where eyes and mouth are drawn; nothing is drawn above. */
export const EYE_ROWS: Span = { from: 80, to: 152 };
export const MOUTH_ROWS: Span = { from: 152, to: FINE };

/** Columns that each eye can reach with the head turned as far as it goes. */
export const LEFT_EYE_COLUMNS: Span = { from: 48, to: 144 };
export const RIGHT_EYE_COLUMNS: Span = { from: 112, to: 208 };

/** Columns in which the mouth can open: what is behind the lips is computed only here. */
export const MOUTH_COLUMNS: Span = { from: 64, to: 192 };

/** Columns in which anything is drawn: both eyes and the mouth. */
export const PAINTED_COLUMNS: Span = { from: LEFT_EYE_COLUMNS.from, to: RIGHT_EYE_COLUMNS.to };

export const lengthOf = (span: Span) => span.to - span.from;

/** Positions of a stretch of the fine grid's pixels along one axis, as [1, 1, 1, n] for x and [1, 1, n, 1] for y. */
export function positions(g: Graph, axis: 'x' | 'y', { from, to }: Span): Value {
  const centres = Float32Array.from(range(from, to), (i) => centreOf(i, FINE));
  return g.constant(
    `${axis}${from}_${to}`,
    centres,
    axis === 'x' ? [1, 1, 1, to - from] : [1, 1, to - from, 1],
  );
}

/** The columns of a span out of all columns; the last axis is cut. */
export function columns(value: Value, { from, to }: Span): Value {
  return value.slice(3, from, to);
}

/** Rows and columns of a value, [n, c, rows, columns], cut in one go, since cutting copies. */
export function block(value: Value, rows: Span, { from, to }: Span): Value {
  const ints = [
    [rows.from, from],
    [rows.to, to],
    [2, 3],
  ].map((of) => value.graph.ints(of));
  return value.graph.op('Slice', [value, ...ints]);
}

/** Puts the columns of a span, [n, c, h, span], back among all columns, with `fill` beside them. */
export function amongAllColumns(g: Graph, value: Value, { from, to }: Span, fill: number): Value {
  return g.op('Pad', [value, g.ints([0, 0, 0, from, 0, 0, 0, FINE - to]), fill]);
}
