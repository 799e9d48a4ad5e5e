import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readFully } from '../../files/whole-io.js';
import { asLength } from './integers.js';
import type { TensorMessage } from './proto.js';
import { DATA_TYPE, rawBytes, sizeOf } from './types.js';

/** A constant of a graph that can be changed; its elements are read on demand and not kept. */
export interface StoredTensor {
  /** Omitted when only {@link StoredTensor.read} knows it: one axis with one element for each byte. */
  dims?: readonly number[];
  /** A code of {@link DATA_TYPE}. */
  dataType: number;
  /** Bytes to read for it; writing counts them as progress. */
  bytes: number;
  /** The elements, if they are in the graph's own file. */
  inline?: Uint8Array;
  read(): Promise<Uint8Array>;
}

/** File and offset of a tensor's bytes. */
interface Piece {
  file: string;
  offset: number;
  length: number;
}

/** The constant of a message of the graph in `file`; external data is beside it. */
export function storedTensor(message: TensorMessage, file: string): StoredTensor {
  const { dims, dataType } = message;
  if (message.dataLocation === 1) {
    const piece = pieceOf(message, file);
    return { dims, dataType, bytes: piece.length, read: () => readPiece(piece) };
  }
  return inlineTensor(dims, dataType, message.rawData?.length ? message.rawData : typedBytes(message));
}

/** A constant whose bytes are in memory. */
export function inlineTensor(dims: readonly number[], dataType: number, inline: Uint8Array): StoredTensor {
  return { dims, dataType, bytes: inline.byteLength, inline, read: async () => inline };
}

/** The elements of a float32 constant. */
export async function readFloats(tensor: StoredTensor): Promise<Float32Array> {
  return floatsOf(await tensor.read());
}

/** Bytes as float32; a copy where they do not start on a multiple of four. */
export function floatsOf(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

/** Whole numbers of an int64 constant in the graph's own file, as {@link asLength} gives them; undefined for any other. */
export function integersOf(tensor: StoredTensor | undefined): number[] | undefined {
  if (tensor?.inline === undefined || tensor.dataType !== DATA_TYPE.int64) return undefined;
  const view = new DataView(tensor.inline.buffer, tensor.inline.byteOffset, tensor.inline.byteLength);
  return Array.from({ length: view.byteLength / 8 }, (_, i) => asLength(view.getBigInt64(8 * i, true)));
}

/** Numbers of a float32 constant in the graph's own file; undefined for any other. */
export function numbersOf(tensor: StoredTensor | undefined): number[] | undefined {
  if (tensor?.inline === undefined || tensor.dataType !== DATA_TYPE.float32) return undefined;
  return [...floatsOf(tensor.inline)];
}

function pieceOf({ externalData = [], dims, name }: TensorMessage, file: string): Piece {
  const entries = new Map(externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location');
  if (location === undefined)
    throw new Error(`Expected a location for the external tensor '${name}' but received none`);
  const number = (key: string, missing: number) =>
    wholeNumber(entries.get(key), missing, `${key} of '${name}'`);
  const [offset, length] = [number('offset', 0), number('length', 4 * sizeOf(dims))];
  return { file: join(dirname(file), location), offset, length };
}

function wholeNumber(text: string | undefined, missing: number, what: string): number {
  const value = text === undefined ? missing : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new Error(`Expected a whole number of bytes for the ${what} but received '${text}'`);
}

async function readPiece({ file, offset, length }: Piece): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const bytes = new Uint8Array(length);
    if ((await readFully(handle, bytes, offset)) < length)
      throw new Error(`Expected ${length} bytes at ${offset} of ${file} but it ends`);
    return bytes;
  } finally {
    await handle.close();
  }
}

/** Exporters may list elements by type instead of as raw bytes. */
function typedBytes({ floatData, int32Data, int64Data, dataType }: TensorMessage): Uint8Array {
  if (floatData?.length) return rawBytes(Float32Array.from(floatData));
  if (int64Data?.length) return rawBytes(BigInt64Array.from(int64Data));
  if (!int32Data?.length) return new Uint8Array(0);
  if (dataType === DATA_TYPE.int32) return rawBytes(Int32Array.from(int32Data));
  if (dataType === DATA_TYPE.float16) return rawBytes16(int32Data);
  return Uint8Array.from(int32Data); // uint8, int8 and bool
}

function rawBytes16(values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint16Array.from(values).buffer);
}
