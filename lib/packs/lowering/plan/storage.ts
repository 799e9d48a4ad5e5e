import { sizeOf } from '../../onnx/types.js';
import { denseLayout, type Layout, placesOf } from './layout.js';

/** Element types of a plan's buffers, with their bytes. Halves are blocked: [blocks, (depth,) height, width, 16]. */
const ELEMENT_BYTES = { float32: 4, int64: 8, float16: 2 } as const;

export type PlanType = keyof typeof ELEMENT_BYTES;

/** A dense array that operations view. */
export interface Storage {
  /** The arena, the network's weights, the plan's own constants, or a tensor that is bound. */
  readonly where: 'arena' | 'weights' | 'constants' | 'slot';
  readonly type: PlanType;
  readonly elements: number;
  /** Of a weight: its name in the graph. Of a slot: its name. */
  readonly name?: string;
  /** Of a slot. */
  readonly direction?: 'input' | 'output';
  /** Of a constant. */
  readonly numbers?: ArrayLike<number>;
}

/** Bytes of elements. */
export function bytesOf({ type, elements }: Pick<Storage, 'type' | 'elements'>): number {
  return ELEMENT_BYTES[type] * elements;
}

/** Bytes of the words of 64 bits that hold this many bytes. */
export function inWords(bytes: number): number {
  return 8 * Math.ceil(bytes / 8);
}

/** A tensor of the network: its elements are those of a storage that a layout names. */
export interface PlanValue {
  readonly storage: Storage;
  readonly layout: Layout;
  /** The storage's elements, if they are known before a run. */
  readonly host?: ArrayLike<number> | undefined;
}

/** A value whose elements are known, for the plan's own constants. */
export function constantValue(
  type: PlanType,
  dims: readonly number[],
  numbers: ArrayLike<number>,
): PlanValue {
  const host =
    type === 'float32' && !(numbers instanceof Float32Array) ? Float32Array.from(numbers) : numbers;
  const storage: Storage = { where: 'constants', type, elements: sizeOf(dims), numbers: host };
  return { storage, layout: denseLayout(dims), host };
}

/** The same elements otherwise laid out. */
export function laidOut({ storage, host }: PlanValue, layout: Layout): PlanValue {
  return { storage, layout, host };
}

/** The elements in their order; undefined if they are not known. */
export function knownNumbers({ host, layout }: PlanValue): number[] | undefined {
  return host && placesOf(layout).map((place) => host[place]!);
}

/** The number that every element is; undefined if they differ or are not known. */
export function knownScalar({ host, layout }: PlanValue): number | undefined {
  return host && layout.strides.every((stride, axis) => stride === 0 || layout.dims[axis] === 1)
    ? host[layout.offset]
    : undefined;
}
