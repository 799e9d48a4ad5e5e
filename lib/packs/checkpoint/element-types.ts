import { floatFromHalf } from '../onnx/half.js';

/**
 * Element types under PyTorch's names, with their array classes. Halves (`float16`, `bfloat16`) are kept as their 16 bits,
 * booleans as bytes; {@link toFloats} converts all of them to numbers.
 */
export const ELEMENT_TYPES = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** PyTorch's name of an element type. */
export type ElementType = keyof typeof ELEMENT_TYPES;

/** Host arrays that hold tensors of these types. */
export type ElementArray = InstanceType<(typeof ELEMENT_TYPES)[ElementType]>;

export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(ELEMENT_TYPES, name);
}

/** Bytes of one element. */
export function elementBytes(type: ElementType): number {
  return ELEMENT_TYPES[type].BYTES_PER_ELEMENT;
}

/** Views bytes as elements; the buffer must be aligned, as every new buffer is. */
export function elementsOf(type: ElementType, bytes: Uint8Array): ElementArray {
  const whole = bytes.byteOffset % elementBytes(type) === 0 ? bytes : bytes.slice();
  const count = whole.byteLength / elementBytes(type);
  return new ELEMENT_TYPES[type](whole.buffer as ArrayBuffer, whole.byteOffset, count);
}

/** Converts elements of any type to float32. */
export function toFloats(type: ElementType, data: ElementArray): Float32Array {
  if (type === 'float32') return data as Float32Array;
  if (type === 'float16') return Float32Array.from(data as Uint16Array, floatFromHalf);
  if (type === 'bfloat16') return floatsFromBfloat(data as Uint16Array);
  return Float32Array.from(data as ArrayLike<number | bigint>, Number);
}

/** A bfloat16 is the upper half of a float32. */
function floatsFromBfloat(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}

/** Reverses the bytes of every element in place, for files from big-endian machines. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  for (let start = 0; start + width <= bytes.length; start += width)
    bytes.subarray(start, start + width).reverse();
}
