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

/** What is known of a tensor before it is read. */
export interface TensorInfo {
  readonly dtype: ElementType;
  readonly dims: readonly number[];
  /** Elements from one index to the next, for each axis, in the file; what is read is row-major. */
  readonly strides: readonly number[];
  /** Bytes the tensor takes once it is read. */
  readonly bytes: number;
}

/** A tensor in memory, row-major. */
export interface LoadedTensor {
  dims: number[];
  dtype: ElementType;
  data: ElementArray;
}

/** Elements of a store seen as a tensor. Several may see the same store. */
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

  /** Elements from the first to the last that the tensor touches. */
  get extent(): number {
    if (this.count === 0) return 0;
    return this.dims.reduce((sum, dim, axis) => sum + (dim - 1) * this.strides[axis]!, 1);
  }

  /** Refuses a tensor that reaches past its store or makes a lot of a little. */
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

  /** Reads what the tensor covers, and nothing else, into a row-major array. */
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
    // Numbers or bigints, but the same in both.
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

/** Walks the indices in row-major order, keeping the place in `from` up to date instead of computing it anew. */
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
