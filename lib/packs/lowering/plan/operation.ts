import { sizeOf } from '../../onnx/types.js';
import type { Kind } from './kinds.js';
import type { Layout } from './layout.js';
import type { Origin } from './refusal.js';
import { bytesOf, type PlanValue, type Storage } from './storage.js';

/** A kernel to launch, with all its parameters. */
export interface PlanOperation {
  readonly kind: Kind;
  /** The node that it is the last part of. */
  readonly node: Origin;
  /** The most axes of its index spaces. */
  readonly rank: number;
  readonly integers: readonly number[];
  readonly floats: readonly number[];
  readonly storages: readonly Storage[];
  readonly reads: readonly Storage[];
  readonly writes: readonly Storage[];
  /** Multiplications that are added up. */
  readonly multiplyAdds: number;
  /** Bytes that are read and written, each element once. */
  readonly bytes: number;
}

/** Lengths of axes, and the strides of a view over them. */
export type Over = readonly [lengths: readonly number[], strides: readonly number[]];

/** Puts the numbers of an operation one after the other, in the order in which native/plan/kernel.cc takes them. */
export class OperationWriter {
  readonly #integers: number[] = [];
  readonly #floats: number[] = [];
  readonly #reads: Storage[] = [];
  readonly #writes: Storage[] = [];
  readonly #storages: Storage[] = [];
  #bytes = 0;
  #rank = 0;

  integers(...values: number[]): this {
    this.#integers.push(...values);
    return this;
  }

  floats(...values: number[]): this {
    this.#floats.push(...values);
    return this;
  }

  axes(lengths: readonly number[]): this {
    this.#rank = Math.max(this.#rank, lengths.length);
    return this.integers(lengths.length, ...lengths);
  }

  read({ storage, layout }: PlanValue, ...over: Over[]): this {
    this.#reads.push(storage);
    return this.#view(storage, layout.offset, over);
  }

  write({ storage, layout }: PlanValue, ...over: Over[]): this {
    this.#writes.push(storage);
    return this.#view(storage, layout.offset, over);
  }

  /** All elements of a value whose elements lie side by side; so does {@link writeRow}. */
  readRow(value: PlanValue): this {
    return this.read(value, [[sizeOf(value.layout.dims)], [1]]);
  }

  writeRow(value: PlanValue): this {
    return this.write(value, [[sizeOf(value.layout.dims)], [1]]);
  }

  done(kind: Kind, node: Origin, multiplyAdds = 0): PlanOperation {
    return {
      kind,
      node,
      rank: this.#rank,
      integers: this.#integers,
      floats: this.#floats,
      storages: this.#storages,
      reads: this.#reads,
      writes: this.#writes,
      multiplyAdds,
      bytes: this.#bytes,
    };
  }

  #view(storage: Storage, offset: number, over: readonly Over[]): this {
    this.#storages.push(storage);
    this.#integers.push(offset, ...over.flatMap(([, strides]) => strides));
    const moving = over.flatMap(([lengths, strides]) => lengths.filter((_, axis) => strides[axis] !== 0));
    this.#bytes += bytesOf({ type: storage.type, elements: sizeOf(moving) });
    return this;
  }
}

/** Lengths and strides of a layout. */
export function overAll({ dims, strides }: Layout): Over {
  return [dims, strides];
}
