import { textOf } from '../../attributes.js';
import { type Layout, mergedAxes, slicedLayout } from '../layout.js';
import type { NodeContext, PlanNode } from '../node-context.js';
import { OperationWriter } from '../operation.js';
import { laidOut, type PlanValue } from '../storage.js';

/** Operators that put values beside each other. */
export const JOINS: Record<string, PlanNode> = { Concat: concat, Pad: pad };

/** Inputs that were written in their places already need nothing. */
function concat(context: NodeContext): void {
  const { planner, node } = context;
  const all = node.inputs.map((_, i) => context.dims(i));
  const axis = context.axis(0, all[0]!.length);
  const length = all.reduce((sum, dims) => sum + dims[axis]!, 0);
  const type = planner.typeOf(node.inputs[0]!);
  const out = planner.target(node.outputs[0]!, all[0]!.with(axis, length), type);
  let start = 0;
  node.inputs.forEach((name, i) => {
    const width = all[i]![axis]!;
    const value = type === 'float16' ? context.halves(i) : context.input(i);
    if (!planner.isInPlace(name, node.outputs[0]!))
      context.copy(value, laidOut(out, slicedLayout(out.layout, axis, start, width)));
    start += width;
  });
}

function pad(context: NodeContext): void {
  const { node } = context;
  const dims = context.dims(0);
  if (textOf(node, 'mode', 'constant') !== 'constant')
    throw context.refuse(`with mode '${textOf(node, 'mode', '')}'`);
  const given = context.numbers(1, 'pads');
  const axes = context.numbersIf(3, 'axes') ?? dims.map((_, axis) => axis);
  const before = dims.map((_, axis) => given[axes.indexOf(axis)] ?? 0);
  const after = dims.map((_, axis) => given[axes.length + axes.indexOf(axis)] ?? 0);
  if (axes.some((axis) => axis < 0) || [...before, ...after].some((n) => n < 0))
    throw context.refuse('in this form');
  const out = context.out(dims.map((length, axis) => before[axis]! + length + after[axis]!));
  const number = context.has(2) ? context.scalar(2) : 0;
  if (number === undefined) throw context.refuse('with a number that differs from run to run');
  let inside: Layout = out.layout;
  dims.forEach((length, axis) => {
    const end = before[axis]! + length;
    fill(context, laidOut(out, slicedLayout(inside, axis, 0, before[axis]!)), number);
    fill(context, laidOut(out, slicedLayout(inside, axis, end, after[axis]!)), number);
    inside = slicedLayout(inside, axis, before[axis]!, length);
  });
  context.copy(context.input(0), laidOut(out, inside));
}

function fill(context: NodeContext, out: PlanValue, number: number): void {
  const { dims, strides } = out.layout;
  if (dims.includes(0)) return;
  const merged = mergedAxes(dims, [strides]);
  const writer = new OperationWriter().axes(merged.lengths).write(out, [merged.lengths, merged.strides[0]!]);
  context.emit(writer.floats(number), 'fill');
}
