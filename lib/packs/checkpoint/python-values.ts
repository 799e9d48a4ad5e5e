import type { ByteStore } from './byte-store.js';
import { damaged } from './damaged.js';
import { type ElementType, elementBytes } from './element-types.js';
import type { TensorView } from './tensor-view.js';

/**
 * The JavaScript values of a pickle. Dicts are Maps, so that a key named `__proto__` is a key like any other;
 * lists, tuples and sets are arrays; integers beyond 2^53 are bigints; bytes are Uint8Arrays.
 */
export type PythonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PythonValue[]
  | Map<PythonValue, PythonValue>
  | TensorView
  | StorageReference
  | PythonName
  | PythonObject;

/** The name of a Python class or function in the pickle. It is only a name: nobody can call it. */
export class PythonName {
  constructor(readonly name: string) {}
}

/** A stored instance of a listed class: its constructor's arguments and its state, mostly a dict of attributes. */
export class PythonObject {
  state: PythonValue = null;

  constructor(
    readonly className: string,
    readonly args: PythonValue[],
  ) {}
}

/** A storage that a pickle names; the container knows the place of its bytes. */
export class StorageReference implements ByteStore {
  bigEndian = false;
  private place: ByteStore | undefined;

  /**
   * @param dtype undefined for an untyped storage, whose elements are bytes
   * @param start first element, for a storage that is part of another (old files)
   * @param elements of the part, or of the whole storage when `start` is 0
   */
  constructor(
    readonly key: string,
    readonly dtype: ElementType | undefined,
    readonly wholeElements: number,
    readonly start = 0,
    readonly elements = wholeElements,
  ) {
    const counts = [wholeElements, start, elements];
    if (
      !counts.every((count) => Number.isSafeInteger(count) && count >= 0) ||
      start + elements > wholeElements
    )
      throw damaged(`Expected a count of elements for storage ${key} but received ${counts.join(', ')}`);
  }

  private get width(): number {
    return this.dtype ? elementBytes(this.dtype) : 1;
  }

  /** Bytes of the whole storage in the file. */
  get wholeSize(): number {
    return this.wholeElements * this.width;
  }

  get size(): number {
    return this.elements * this.width;
  }

  /** Sets the place of the whole storage's bytes. */
  locate(place: ByteStore, bigEndian = false): void {
    if (place.size !== this.wholeSize)
      throw damaged(
        `Expected ${this.wholeSize} bytes for storage ${this.key} but received ${place.size}: the file is damaged`,
      );
    this.place = place;
    this.bigEndian = bigEndian;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (!this.place) throw damaged(`Expected the bytes of storage ${this.key} but the file has none`);
    return this.place.read(this.start * this.width + offset, length);
  }
}
