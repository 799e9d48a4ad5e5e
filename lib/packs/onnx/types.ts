import { halfFromFloat } from './half.js';

/** Element types a graph may use, by the ONNX data type code. */
export const DATA_TYPE = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
} as const;

/** Name of an element type. */
export type DataType = keyof typeof DATA_TYPE;

/** Host arrays a constant can be made from; the array's class is its element type. */
export type ConstantData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | Int8Array;

/** An axis of an input or output: a length, or the name of a length that differs from run to run. */
export type Dim = number | string;

/** The element type that goes with the class of an array. */
export function dataTypeOf(data: ConstantData): DataType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Int8Array) return 'int8';
  return 'uint8';
}

/** The little-endian bytes of an array, halved to float16 where asked. */
export function rawBytes(data: ConstantData, store?: 'float16'): Uint8Array {
  if (store === 'float16') return bytesOf(Uint16Array.from(data as Float32Array, halfFromFloat));
  return bytesOf(data);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** The name of an ONNX data type code, `type<code>` for one this library never writes. */
export function elementTypeName(code: number): string {
  const entry = Object.entries(DATA_TYPE).find(([, value]) => value === code);
  return entry?.[0] ?? `type${code}`;
}

/** The number of elements of a shape. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
