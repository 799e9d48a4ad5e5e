import { parseSafetensorsHeader, type SafetensorsType, safetensorsHeaderLength } from '../safetensors.js';
import { type ByteStore, StorePart } from './byte-store.js';
import { damaged, LIMITS } from './damaged.js';
import type { ElementType } from './element-types.js';
import { rowMajor, TensorView } from './tensor-view.js';

const TYPES: Record<SafetensorsType, ElementType> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  U64: 'uint64',
  I32: 'int32',
  U32: 'uint32',
  I16: 'int16',
  U16: 'uint16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

/** A .safetensors file; opening reads only its header. */
export interface SafetensorsFile {
  tensors: Map<string, TensorView>;
  metadata: Map<string, string>;
}

/** Whether the first 9 bytes of a file can start a .safetensors file: a length, then the header's brace. */
export function isSafetensors(start: Uint8Array): boolean {
  return start.length > 8 && start[8] === '{'.charCodeAt(0);
}

/** Reads the header; tensors are read on demand. */
export async function openSafetensors(store: ByteStore): Promise<SafetensorsFile> {
  const length = safetensorsHeaderLength(await store.read(0, 8), store.size, damaged);
  if (length > LIMITS.safetensorsHeaderBytes)
    throw damaged(
      `Expected a safetensors header of at most ${LIMITS.safetensorsHeaderBytes} bytes but received ${length}`,
    );
  const body = new StorePart(store, 8 + length, store.size - 8 - length);
  const header = parseSafetensorsHeader(await store.read(8, length), body.size, damaged);
  const tensors = new Map<string, TensorView>();
  for (const { name, dtype, dims, begin, end } of header.entries) {
    const place = new StorePart(body, begin, end - begin);
    tensors.set(name, new TensorView(place, TYPES[dtype], dims, rowMajor(dims), 0));
  }
  return { tensors, metadata: new Map(Object.entries(header.metadata)) };
}
