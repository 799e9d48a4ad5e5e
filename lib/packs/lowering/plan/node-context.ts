import type { EditableNode } from '../../onnx/index.js';
import { fromFront, intOf } from '../attributes.js';
import type { Kind } from './kinds.js';
import type { OperationWriter } from './operation.js';
import type { Planner } from './planner.js';
import { knownNumbers, knownScalar, type PlanValue } from './storage.js';

/** Plans the node of an operator: defines its outputs, and emits what computes them. @throws KdtalkerError OPERATOR_UNSUPPORTED */
export type PlanNode = (context: NodeContext) => void;

const WORDS = { float32: 'floats', int64: 'whole numbers', float16: 'halves' } as const;

/** A node as the files in ops/ see it. */
export class NodeContext {
  constructor(
    readonly planner: Planner,
    readonly node: EditableNode,
  ) {}

  has(input: number): boolean {
    return Boolean(this.node.inputs[input]);
  }

  /** An input to read, computed now if it waits. */
  input(index: number): PlanValue {
    const value = this.planner.value(this.node.inputs[index]!);
    if (value.storage.type !== 'float32') throw this.refuse(`of ${WORDS[value.storage.type]}`);
    return value;
  }

  /** An input of blocked halves, side by side. */
  halves(index: number): PlanValue {
    const value = this.planner.value(this.node.inputs[index]!);
    if (value.storage.type !== 'float16') throw this.refuse(`of ${WORDS[value.storage.type]}`);
    return this.planner.dense(value, this.node);
  }

  /** An input of any type. */
  any(index: number): PlanValue {
    return this.planner.value(this.node.inputs[index]!);
  }

  dims(index: number): readonly number[] {
    return this.planner.dimsOf(this.node.inputs[index]!);
  }

  /** An input whose elements must be known before a run. */
  numbers(index: number, what: string): number[] {
    const known = knownNumbers(this.any(index));
    if (!known) throw this.refuse(`whose ${what} differ from run to run`);
    return known;
  }

  /** The same, of an input that may be left out. */
  numbersIf(index: number, what: string): number[] | undefined {
    return this.has(index) ? this.numbers(index, what) : undefined;
  }

  scalar(index: number): number | undefined {
    return this.has(index) ? knownScalar(this.any(index)) : undefined;
  }

  /** An attribute that names an axis, counted from the front. */
  axis(missing: number, rank: number, name = 'axis'): number {
    return fromFront(intOf(this.node, name, missing), rank);
  }

  /** The output, for {@link emit}. */
  out(dims: readonly number[], index = 0): PlanValue {
    return this.planner.target(this.node.outputs[index]!, dims);
  }

  /** The output of blocked halves, for {@link emit}. */
  outHalves(dims: readonly number[]): PlanValue {
    return this.planner.target(this.node.outputs[0]!, dims, 'float16');
  }

  /** The output is a value that is there already. */
  define(value: PlanValue, index = 0): void {
    this.planner.define(this.node.outputs[index]!, value);
  }

  emit(writer: OperationWriter, kind: Kind, multiplyAdds = 0): void {
    this.planner.emit(writer.done(kind, this.node, multiplyAdds));
  }

  copy(from: PlanValue, to: PlanValue): void {
    this.planner.copy(from, to, this.node);
  }

  /** @param form what about the node a plan cannot have, such as "with mode 'cubic'" */
  refuse(form?: string): Error {
    return this.planner.refuse(this.node, form);
  }
}
