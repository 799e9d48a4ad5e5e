import type { ByteStore } from './byte-store.js';
import { damaged, LIMITS } from './damaged.js';
import {
  ELEMENT_TYPES,
  type ElementArray,
  type ElementType,
  elementBytes,
  elementsOf,
  swapBytes,
} from './element-types.js';

/** The properties of a tensor that are known before it is read. */
export interface TensorInfo {
  readonly dtype: ElementType;
  readonly dims: readonly number[];
  /** Strides in the file, in elements, one for each axis; the result of a read is row-major. */
  readonly strides: readonly number[];
  /** Bytes of the tensor in memory. */
  readonly bytes: number;
}

/** A tensor in memory, row-major. */
export interface LoadedTensor {
  dims: number[];
  dtype: ElementType;
  data: ElementArray;
}

/** A view of a store's elements as a tensor. Several views may share one store. */
export class TensorView implements TensorInfo {
  readonly dims: readonly number[];
  readonly strides: readonly number[];
  readonly bytes: number;
  readonly count: number;

  /** @param offset of the first element, in elements */
  constructor(
    readonly store: ByteStore,
    readonly dtype: ElementType,
    dims: readonly number[],
    strides: readonly number[],
    readonly offset: number,
  ) {
    this.dims = checkedCounts(dims, 'dims');
    this.strides = checkedCounts(strides, 'strides');
    if (dims.length !== strides.length)
      throw damaged(`Expected ${dims.length} strides for a tensor but received ${strides.length}`);
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw damaged(`Expected an offset for a tensor but received ${offset}`);
    this.count = this.dims.reduce((product, dim) => product * dim, 1);
    this.bytes = this.count * elementBytes(dtype);
    if (!(this.bytes <= LIMITS.tensorBytes))
      throw damaged(
        `Expected at most ${LIMITS.tensorBytes} bytes for a tensor but received dims [${this.dims}] of ${dtype}`,
      );
  }

  /** Number of elements in the store from the tensor's first to its last element. */
  get extent(): number {
    if (this.count === 0) return 0;
    return this.dims.reduce((sum, dim, axis) => sum + (dim - 1) * this.strides[axis]!, 1);
  }

  /** Throws for a tensor that reaches past its store or repeats a small storage too often. */
  check(): void {
    const capacity = Math.floor(this.store.size / elementBytes(this.dtype));
    const end = this.offset + this.extent;
    if (!(end <= capacity))
      throw damaged(`Expected ${end} elements for a tensor of dims [${this.dims}] but received ${capacity}`);
    if (this.count > Math.max(capacity, LIMITS.repeatedElements))
      throw damaged(
        `Expected at most ${Math.max(capacity, LIMITS.repeatedElements)} elements for a tensor but received dims [${this.dims}]`,
      );
  }

  /** Reads only the tensor's range of the store and returns a row-major array. */
  async load(): Promise<LoadedTensor> {
    const width = elementBytes(this.dtype);
    const extent = this.extent;
    if (extent * width > LIMITS.tensorBytes)
      throw damaged(
        `Expected a tensor that spreads over at most ${LIMITS.tensorBytes} bytes but received ${extent * width}`,
      );
    const bytes = await this.store.read(this.offset * width, extent * width);
    if (this.store.bigEndian) swapBytes(bytes, width);
    const elements = elementsOf(this.dtype, bytes);
    const data = isRowMajor(this.dims, this.strides) ? elements : this.gather(elements);
    return { dims: [...this.dims], dtype: this.dtype, data };
  }

  private gather(from: ElementArray): ElementArray {
    const to = new ELEMENT_TYPES[this.dtype](this.count);
    // Both arrays have the same element type: numbers or bigints.
    if (this.count > 0) gatherAxis(from as Float64Array, to as Float64Array, this.dims, this.strides);
    return to;
  }
}

/** Strides of a row-major tensor. */
export function rowMajor(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--)
    strides[axis] = strides[axis + 1]! * Math.max(1, dims[axis + 1]!);
  return strides;
}

/** Axes of one element may have any stride. */
function isRowMajor(dims: readonly number[], strides: readonly number[]): boolean {
  const expected = rowMajor(dims);
  return dims.every((dim, axis) => dim <= 1 || strides[axis] === expected[axis]);
}

/** Walks the indices in row-major order; updates the offset in `from` instead of computing it again. */
function gatherAxis(
  from: Float64Array,
  to: Float64Array,
  dims: readonly number[],
  strides: readonly number[],
): void {
  const index = new Array<number>(dims.length).fill(0);
  let place = 0;
  for (let i = 0; i < to.length; i++) {
    to[i] = from[place]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      place += strides[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      place -= dims[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
}

function checkedCounts(counts: readonly unknown[], what: string): number[] {
  if (counts.length > LIMITS.rank)
    throw damaged(`Expected at most ${LIMITS.rank} ${what} for a tensor but received ${counts.length}`);
  return counts.map((count) => {
    if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
    throw damaged(`Expected counts for the ${what} of a tensor but received another value`);
  });
}
