import { floatFromHalf, floatsOf, type StoredTensor } from '../../onnx/index.js';
import { asLength } from '../../onnx/integers.js';
import { DATA_TYPE, sizeOf } from '../../onnx/types.js';
import { denseLayout } from './layout.js';
import { constantValue, type PlanType, type PlanValue, type Storage } from './storage.js';

/** Smaller constants are read when a network is planned, so that nodes that need only them are computed then. */
const READ_BELOW = 1 << 16;

/** The value of a constant of the graph. Large ones stay in the file; the weights' file gets all of float32. @returns undefined for other types */
export async function storedValue(name: string, stored: StoredTensor): Promise<PlanValue | undefined> {
  const dims = stored.dims ?? [stored.bytes];
  if (stored.dataType === DATA_TYPE.float32) {
    const storage: Storage = { where: 'weights', type: 'float32', elements: sizeOf(dims), name };
    const known = stored.inline !== undefined || stored.bytes < READ_BELOW;
    return { storage, layout: denseLayout(dims), host: known ? floatsOf(await stored.read()) : undefined };
  }
  const value = numbersOfStored(stored, await stored.read());
  return value && constantValue(value.type, dims, value.numbers);
}

/** Elements as numbers, whole ones as `int64` whatever their size in the file, halves as float32. */
export function numbersOfStored(
  { dataType }: StoredTensor,
  bytes: Uint8Array,
): { type: PlanType; numbers: ArrayLike<number> } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const each = (size: number, read: (at: number) => number) =>
    Array.from({ length: view.byteLength / size }, (_, i) => read(i * size));
  switch (dataType) {
    case DATA_TYPE.float32:
      return { type: 'float32', numbers: floatsOf(bytes) };
    case DATA_TYPE.float16:
      return { type: 'float32', numbers: each(2, (at) => floatFromHalf(view.getUint16(at, true))) };
    case DATA_TYPE.int64:
      return { type: 'int64', numbers: each(8, (at) => asLength(view.getBigInt64(at, true))) };
    case DATA_TYPE.int32:
      return { type: 'int64', numbers: each(4, (at) => view.getInt32(at, true)) };
    case DATA_TYPE.bool:
    case DATA_TYPE.uint8:
      return { type: 'int64', numbers: [...bytes] };
    default:
      return undefined;
  }
}
