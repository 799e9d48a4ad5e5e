import type { EditableNode } from '../../onnx/index.js';
import { storedTensor } from '../../onnx/stored.js';
import { DATA_TYPE, sizeOf } from '../../onnx/types.js';
import { fromFront, intOf } from '../attributes.js';
import { numbersOfStored } from './constants.js';
import { broadcastLayout, commonDims, denseLayout, placesOf } from './layout.js';
import type { NodeContext } from './node-context.js';
import { COMPUTE_ONE, COMPUTE_TWO, OF_ONE, OF_TWO } from './steps.js';
import { constantValue, knownNumbers, type PlanType, type PlanValue } from './storage.js';

/** Larger results are computed in each run instead: they would only make the plan large. */
const MOST_ELEMENTS = 1 << 20;

type Known = { dims: readonly number[]; type: PlanType; numbers: number[] };

/**
 * Computes a node whose inputs are known before a run: arithmetic of shapes, and constants that depend on them.
 *
 * @returns false if it cannot be computed here
 */
export function fold(context: NodeContext): boolean {
  const { node } = context;
  const value = SHAPES[node.type]?.(context) ?? fromKnown(context);
  if (!value) return false;
  context.define(value);
  return true;
}

const integers = (dims: readonly number[], numbers: number[]) => constantValue('int64', dims, numbers);

/** Operators that need the lengths of their inputs, or none. */
const SHAPES: Record<string, (context: NodeContext) => PlanValue | undefined> = {
  Shape(context) {
    const dims = context.dims(0);
    const [start, end] = [intOf(context.node, 'start', 0), intOf(context.node, 'end', dims.length)];
    const part = dims.slice(start, end);
    return integers([part.length], [...part]);
  },
  Size: (context) => integers([], [sizeOf(context.dims(0))]),
  Constant: (context) => constantOf(context, 'value'),
};

function constantOf(context: NodeContext, name: string): PlanValue {
  const message = context.node.attributes.find((attribute) => attribute.name === name)?.t;
  if (!message) throw context.refuse('in a form other than a tensor');
  const stored = storedTensor(message, '');
  const value = numbersOfStored(stored, stored.inline!);
  if (!value) throw context.refuse('of this element type');
  return constantValue(value.type, message.dims, value.numbers);
}

function fromKnown(context: NodeContext): PlanValue | undefined {
  const compute = computeFor(context.node);
  if (!compute) return undefined;
  const inputs: Known[] = [];
  for (const [index, name] of context.node.inputs.entries()) {
    if (!name || context.planner.waiting(name)) return undefined;
    const value = context.any(index);
    if (!value.host || sizeOf(value.layout.dims) > MOST_ELEMENTS) return undefined;
    inputs.push(knownOf(value));
  }
  return compute(inputs, context);
}

type Compute = (inputs: Known[], context: NodeContext) => PlanValue | undefined;

function computeFor({ type }: EditableNode): Compute | undefined {
  const [one, two] = [OF_ONE[type], OF_TWO[type]];
  if (one) return COMPUTE_ONE[one] && ((inputs) => mapped(inputs, COMPUTE_ONE[one]!));
  if (two)
    return (inputs) =>
      inputs
        .slice(1)
        .reduce<PlanValue | undefined>(
          (left, right) => left && combined(knownOf(left), right, COMPUTE_TWO[two]!),
          constantValue(inputs[0]!.type, inputs[0]!.dims, inputs[0]!.numbers),
        );
  return COMPUTE[type];
}

const knownOf = (value: PlanValue): Known => ({
  dims: value.layout.dims,
  type: value.storage.type,
  numbers: knownNumbers(value)!,
});

const COMPUTE: Record<string, Compute> = {
  Relu: (inputs) => mapped(inputs, (x) => Math.max(x, 0)),
  Clip: ([x, low, high]) =>
    mapped([x!], (value) =>
      Math.min(Math.max(value, low?.numbers[0] ?? -Infinity), high?.numbers[0] ?? Infinity),
    ),
  Cast: ([x], context) => cast(x!, intOf(context.node, 'to', 0)),
  Range: ([start, limit, delta]) => {
    const [from, to, step] = [start!.numbers[0]!, limit!.numbers[0]!, delta!.numbers[0]!];
    const count = Math.max(0, Math.ceil((to - from) / step));
    return constantValue(
      start!.type,
      [count],
      Array.from({ length: count }, (_, i) => from + i * step),
    );
  },
  ConstantOfShape([shape], context) {
    const given = context.node.attributes.length
      ? constantOf(context, 'value')
      : constantValue('float32', [1], [0]);
    const dims = shape!.numbers;
    if (sizeOf(dims) > MOST_ELEMENTS) return undefined;
    return constantValue(given.storage.type, dims, new Array<number>(sizeOf(dims)).fill(given.host![0]!));
  },
  Concat: (inputs, context) =>
    joined(inputs, fromFront(intOf(context.node, 'axis', 0), inputs[0]!.dims.length)),
  Gather: ([data, indices], context) =>
    taken(data!, indices!, fromFront(intOf(context.node, 'axis', 0), data!.dims.length)),
};

function mapped([x]: Known[], compute: (x: number) => number): PlanValue {
  return constantValue(x!.type, x!.dims, x!.numbers.map(compute));
}

/** Integers divide towards zero. */
function combined(a: Known, b: Known, compute: (a: number, b: number) => number): PlanValue | undefined {
  const dims = commonDims([a.dims, b.dims]);
  if (!dims || sizeOf(dims) > MOST_ELEMENTS) return undefined;
  const places = [a, b].map((each) => placesOf(broadcastLayout(denseLayout(each.dims), dims)));
  const numbers = places[0]!.map((place, i) => compute(a.numbers[place]!, b.numbers[places[1]![i]!]!));
  return constantValue(a.type, dims, a.type === 'int64' ? numbers.map(Math.trunc) : numbers);
}

function cast({ dims, numbers }: Known, to: number): PlanValue | undefined {
  if (to === DATA_TYPE.float32) return constantValue('float32', dims, numbers);
  if (to === DATA_TYPE.int64 || to === DATA_TYPE.int32)
    return constantValue('int64', dims, numbers.map(Math.trunc));
  return undefined;
}

function joined(inputs: Known[], axis: number): PlanValue | undefined {
  const first = inputs[0]!;
  const length = inputs.reduce((sum, { dims }) => sum + dims[axis]!, 0);
  const dims = first.dims.with(axis, length);
  if (sizeOf(dims) > MOST_ELEMENTS) return undefined;
  const rows = sizeOf(dims.slice(0, axis));
  const numbers = Array.from({ length: rows }, (_, row) =>
    inputs.flatMap(({ numbers: own }) => {
      const width = own.length / rows;
      return own.slice(row * width, (row + 1) * width);
    }),
  ).flat();
  return constantValue(first.type, dims, numbers);
}

function taken(data: Known, indices: Known, axis: number): PlanValue | undefined {
  const length = data.dims[axis]!;
  const inner = sizeOf(data.dims.slice(axis + 1));
  const outer = sizeOf(data.dims.slice(0, axis));
  const dims = [...data.dims.slice(0, axis), ...indices.dims, ...data.dims.slice(axis + 1)];
  if (sizeOf(dims) > MOST_ELEMENTS || indices.numbers.some((i) => i >= length || i < -length))
    return undefined;
  const numbers: number[] = [];
  for (let block = 0; block < outer; block++)
    for (const index of indices.numbers) {
      const from = (block * length + fromFront(index, length)) * inner;
      for (let i = 0; i < inner; i++) numbers.push(data.numbers[from + i]!);
    }
  return constantValue(data.type, dims, numbers);
}
