import { KdtalkerError } from '../../../errors.js';
import type { EditableGraph, EditableNode } from '../../onnx/index.js';
import { sizeOf } from '../../onnx/types.js';
import { type Attentions, NO_ATTENTIONS } from './attentions.js';
import { type Chain, chainOperation } from './chain.js';
import { RANK } from './kinds.js';
import { denseLayout, isDense, type Layout, mergedAxes, slicedLayout } from './layout.js';
import { OperationWriter, type PlanOperation } from './operation.js';
import { type Origin, refusal } from './refusal.js';
import {
  constantValue,
  knownNumbers,
  laidOut,
  type PlanType,
  type PlanValue,
  type Storage,
} from './storage.js';
import type { PictureParts } from './tiles.js';

/** A value that is to lie inside of another, so that joining them copies nothing. */
export interface Part {
  whole: string;
  /** Of the whole. */
  dims: readonly number[];
  axis: number;
  /** Where along the axis the part begins. */
  start: number;
}

/** Moments of a picture's channels, part by part: [blocks, parts, 2, 16]. */
export interface MeasuredParts {
  moments: PlanValue;
  parts: PictureParts;
}

/** What copies elements of a type; whole numbers become float32. */
const COPIES = { float32: 'copy', int64: 'toFloat', float16: 'copyHalves' } as const;

/**
 * The state of planning a network: its values by name, and the operations so far. A value is computed where its node stands, except
 * chains of elementwise operators: they wait until something else needs them.
 */
export class Planner {
  readonly operations: PlanOperation[] = [];
  readonly #values = new Map<string, PlanValue>();
  readonly #chains = new Map<string, Chain>();
  /** Names of values that an operation writes. */
  readonly written = new Set<string>();
  readonly #inPlace = new Set<string>();
  /** Of values that the operation that makes them also measures, by their names. */
  readonly measured = new Map<string, MeasuredParts>();

  constructor(
    readonly graph: EditableGraph,
    readonly role: string,
    readonly parts: ReadonlyMap<string, Part>,
    readonly attentions: Attentions = NO_ATTENTIONS,
  ) {}

  refuse(node: EditableNode, form?: string): KdtalkerError {
    return refusal(this.role, node, form);
  }

  define(name: string, value: PlanValue): void {
    this.#values.set(name, value);
  }

  /** A value to read; its chain is computed now. */
  value(name: string): PlanValue {
    const chain = this.#chains.get(name);
    if (chain) {
      this.#chains.delete(name);
      this.emit(chainOperation(chain, this.target(name, chain.dims)));
    }
    const value = this.#values.get(name);
    if (!value)
      throw new KdtalkerError(
        'PACK_DAMAGED',
        `Expected value '${name}' of role '${this.role}' before its use`,
      );
    return value;
  }

  /** The dims and type of a value, without computing it. */
  dimsOf(name: string): readonly number[] {
    return this.#chains.get(name)?.dims ?? this.value(name).layout.dims;
  }

  /** The type of a value, without computing it. */
  typeOf(name: string): PlanType {
    return this.#chains.has(name) ? 'float32' : this.value(name).storage.type;
  }

  /** A chain that nothing has computed yet. */
  waiting(name: string): Chain | undefined {
    return this.#chains.get(name);
  }

  wait(name: string, chain: Chain): void {
    this.#chains.set(name, chain);
  }

  /** The chain goes on in another one. */
  takeChain(name: string): void {
    this.#chains.delete(name);
  }

  /** The result of a chain, computed now, for another chain to begin with. */
  computed(chain: Chain): PlanValue {
    const value = temporary(chain.dims);
    this.emit(chainOperation(chain, value));
    return value;
  }

  /** Whether a value was written where the `Concat` that makes `whole` wants it. */
  isInPlace(name: string, whole: string): boolean {
    return this.#inPlace.has(name) && this.parts.get(name)!.whole === whole;
  }

  /** Defines a value that the caller's operation will write. */
  target(name: string, dims: readonly number[], type: PlanType = 'float32'): PlanValue {
    const known = this.#values.get(name);
    if (known) return known;
    const value = this.#place(name, dims, type);
    this.written.add(name);
    this.#values.set(name, value);
    return value;
  }

  /** A value that only operations of the same node name. */
  temporary(dims: readonly number[], type: PlanType = 'float32'): PlanValue {
    return temporary(dims, type);
  }

  #place(name: string, dims: readonly number[], type: PlanType): PlanValue {
    const part = this.parts.get(name);
    if (part) {
      this.#inPlace.add(name);
      const whole = this.target(part.whole, part.dims, type);
      return laidOut(whole, slicedLayout(whole.layout, part.axis, part.start, dims[part.axis]!));
    }
    if (this.graph.isOutput(name)) return slotValue(name, 'output', type, dims);
    return temporary(dims, type);
  }

  /** @throws KdtalkerError OPERATOR_UNSUPPORTED for more axes than kernels have, after neighbours became one */
  emit(operation: PlanOperation): void {
    const { rank, node } = operation;
    if (rank > RANK) throw refusal(this.role, node, `on ${rank} axes`);
    this.operations.push(operation);
  }

  /** Copies a value to another of the same dims. */
  copy(from: PlanValue, to: PlanValue, node: Origin): void {
    const { lengths, strides } = mergedAxes(to.layout.dims, [to.layout.strides, from.layout.strides]);
    const writer = new OperationWriter().axes(lengths).write(to, [lengths, strides[0]!]);
    this.emit(writer.read(from, [lengths, strides[1]!]).done(COPIES[from.storage.type], node));
  }

  /** The value with its elements side by side, in a copy if need be. */
  dense(value: PlanValue, node: Origin): PlanValue {
    if (isDense(value.layout)) return value;
    return this.#copied(value, node);
  }

  #copied(value: PlanValue, node: Origin): PlanValue {
    const { dims } = value.layout;
    const known = knownNumbers(value);
    if (known) return constantValue(value.storage.type, dims, known);
    const copy = temporary(dims, value.storage.type === 'float16' ? 'float16' : 'float32');
    this.copy(value, copy, node);
    return copy;
  }

  /** The value's elements with other lengths, in a copy if strides cannot say it. */
  reshaped(value: PlanValue, layoutOf: (layout: Layout) => Layout | undefined, node: Origin): PlanValue {
    const layout = layoutOf(value.layout);
    if (layout) return laidOut(value, layout);
    const copy = this.#copied(value, node);
    return laidOut(copy, layoutOf(copy.layout)!);
  }
}

function temporary(dims: readonly number[], type: PlanType = 'float32'): PlanValue {
  const storage: Storage = { where: 'arena', type, elements: sizeOf(dims) };
  return { storage, layout: denseLayout(dims) };
}

/** A tensor that is bound. */
export function slotValue(
  name: string,
  direction: 'input' | 'output',
  type: PlanType,
  dims: readonly number[],
): PlanValue {
  const storage: Storage = { where: 'slot', type, elements: sizeOf(dims), name, direction };
  return { storage, layout: denseLayout(dims) };
}
