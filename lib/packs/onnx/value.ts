import type { Attributes } from './attributes.js';
import type { ConstantData } from './types.js';

/** What an operator accepts: a value of the graph, or a number, which becomes a float32 scalar constant. */
export type Operand = Value | number;

/** The graph under construction, as values, formulas and layers see it: operators and constants can be added. */
export interface Builder {
  /** Adds a node with one output. Numbers become float32 scalars; `undefined` is an input left out. */
  op(type: string, inputs: readonly (Operand | undefined)[], attributes?: Attributes): Value;
  /** A constant tensor; `dims` defaults to one axis. */
  constant(name: string, data: ConstantData, dims?: readonly number[]): Value;
  /** A float32 scalar. */
  scalar(value: number): Value;
  /** An int64 constant: a scalar for a number, one axis for a list. */
  ints(values: number | readonly number[]): Value;
  /** Cuts an axis into parts of the given lengths. */
  split(value: Value, axis: number, lengths: readonly number[]): Value[];
  /** Linear resizing of the last two axes of [n, c, h, w]; attributes override mode and coordinates. */
  resize(value: Value, height: number, width: number, attributes?: Attributes): Value;
}

/**
 * One tensor of a graph under construction, with the operators that read well as methods:
 * `a.sub(b).mul(2).clip(0, 1)`. Shapes follow the broadcasting rules of ONNX.
 */
export class Value {
  /** @internal Made by a graph alone. `name` changes once, when the value becomes an output of the graph. */
  constructor(
    readonly graph: Builder,
    public name: string,
  ) {}

  add(...others: Operand[]): Value {
    return this.#chain('Add', others);
  }
  mul(...others: Operand[]): Value {
    return this.#chain('Mul', others);
  }
  sub(other: Operand): Value {
    return this.graph.op('Sub', [this, other]);
  }
  div(other: Operand): Value {
    return this.graph.op('Div', [this, other]);
  }
  min(...others: Operand[]): Value {
    return this.graph.op('Min', [this, ...others]);
  }
  max(...others: Operand[]): Value {
    return this.graph.op('Max', [this, ...others]);
  }
  pow(exponent: Operand): Value {
    return this.graph.op('Pow', [this, exponent]);
  }
  matmul(other: Value): Value {
    return this.graph.op('MatMul', [this, other]);
  }

  neg(): Value {
    return this.graph.op('Neg', [this]);
  }
  abs(): Value {
    return this.graph.op('Abs', [this]);
  }
  exp(): Value {
    return this.graph.op('Exp', [this]);
  }
  sqrt(): Value {
    return this.graph.op('Sqrt', [this]);
  }
  cos(): Value {
    return this.graph.op('Cos', [this]);
  }
  sin(): Value {
    return this.graph.op('Sin', [this]);
  }
  tanh(): Value {
    return this.graph.op('Tanh', [this]);
  }
  relu(): Value {
    return this.graph.op('Relu', [this]);
  }
  sigmoid(): Value {
    return this.graph.op('Sigmoid', [this]);
  }
  softmax(axis: number): Value {
    return this.graph.op('Softmax', [this], { axis });
  }

  /** Limits to [low, high]; either end may be left open. */
  clip(low?: number, high?: number): Value {
    return this.graph.op('Clip', high === undefined ? [this, low] : [this, low, high]);
  }

  /** The elements [start, end) of one axis; negative numbers count from the end. */
  slice(axis: number, start: number, end: number, step = 1): Value {
    const ints = (value: number) => this.graph.ints([value]);
    const inputs = [this, ints(start), ints(end), ints(axis)];
    return this.graph.op('Slice', step === 1 ? inputs : [...inputs, ints(step)]);
  }
  /** The elements of one axis at `indices`; a single number drops the axis. */
  gather(axis: number, indices: number | readonly number[]): Value {
    return this.graph.op('Gather', [this, this.graph.ints(indices)], { axis });
  }
  /** 0 keeps the length of an axis, -1 stands for what is left. */
  reshape(...dims: number[]): Value {
    return this.graph.op('Reshape', [this, this.graph.ints(dims)]);
  }
  transpose(...perm: number[]): Value {
    return this.graph.op('Transpose', [this], { perm });
  }
  unsqueeze(...axes: number[]): Value {
    return this.graph.op('Unsqueeze', [this, this.graph.ints(axes)]);
  }
  squeeze(...axes: number[]): Value {
    return this.graph.op('Squeeze', [this, this.graph.ints(axes)]);
  }
  cast(to: number): Value {
    return this.graph.op('Cast', [this], { to });
  }

  sum(axes: readonly number[], keepdims = true): Value {
    return this.#reduce('ReduceSum', axes, keepdims);
  }
  mean(axes: readonly number[], keepdims = true): Value {
    return this.#reduce('ReduceMean', axes, keepdims);
  }
  /** The largest element along the axes. */
  maxOver(axes: readonly number[], keepdims = true): Value {
    return this.#reduce('ReduceMax', axes, keepdims);
  }
  /** The smallest element along the axes. */
  minOver(axes: readonly number[], keepdims = true): Value {
    return this.#reduce('ReduceMin', axes, keepdims);
  }

  /** Linear resizing of the last two axes of [n, c, h, w] to `height` x `width`, pixel centres at halves. */
  resize(height: number, width: number, attributes: Attributes = {}): Value {
    return this.graph.resize(this, height, width, attributes);
  }

  #reduce(type: string, axes: readonly number[], keepdims: boolean): Value {
    return this.graph.op(type, [this, this.graph.ints(axes)], { keepdims: keepdims ? 1 : 0 });
  }

  #chain(type: string, others: Operand[]): Value {
    return others.reduce<Value>((sum, other) => this.graph.op(type, [sum, other]), this);
  }
}
