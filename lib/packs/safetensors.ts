import { floatFromHalf } from './onnx/half.js';

/**
 * The .safetensors container: 8 bytes of little-endian header length, a JSON header, then the tensors' bytes.
 * Portraits and golden tests use it.
 */

/** Element types by their name in the header. F16 and BF16 are read as their 16 bits; {@link floats} converts them to numbers. */
const TYPES = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** Name of an element type in a .safetensors header. */
export type SafetensorsType = keyof typeof TYPES;

/** Host arrays that hold tensors of these types. */
export type SafetensorsArray = InstanceType<(typeof TYPES)[SafetensorsType]>;

/** One tensor, row-major. */
export interface SafetensorsTensor {
  dtype: SafetensorsType;
  dims: number[];
  data: SafetensorsArray;
}

/** A tensor to write; `dtype` is only needed when the array's class does not determine it (F16, BF16, BOOL). */
export interface TensorToStore {
  dtype?: SafetensorsType;
  dims: readonly number[];
  data: SafetensorsArray;
}

/** The contents of a .safetensors file. */
export interface Safetensors {
  tensors: Record<string, SafetensorsTensor>;
  /** Free strings of the header. */
  metadata: Record<string, string>;
}

/** A tensor as the header describes it; its bytes are `begin` to `end` after the header. */
export interface SafetensorsEntry {
  name: string;
  dtype: SafetensorsType;
  dims: number[];
  begin: number;
  end: number;
}

/** The contents of a .safetensors header. */
export interface SafetensorsHeader {
  entries: SafetensorsEntry[];
  /** Free strings of the header. */
  metadata: Record<string, string>;
}

/** Makes the caller's kind of error from a message. */
export type Fail = (sentence: string) => Error;

const MAX_HEADER = 100_000_000;
const METADATA = '__metadata__';

/**
 * Reads a .safetensors file that is in memory. The arrays are copies, so `bytes` can be dropped.
 * It does not trust the header: every tensor must lie inside the file, fit its shape, and neither overlap nor leave a gap.
 *
 * @param fail makes the error for a malformed file; default a plain Error
 */
export function readSafetensors(
  bytes: Uint8Array,
  fail: Fail = (sentence) => new Error(sentence),
): Safetensors {
  const length = safetensorsHeaderLength(bytes, bytes.byteLength, fail);
  const body = bytes.subarray(8 + length);
  const { entries, metadata } = parseSafetensorsHeader(bytes.subarray(8, 8 + length), body.byteLength, fail);
  const tensors = nullObject<SafetensorsTensor>();
  for (const entry of entries) tensors[entry.name] = readTensor(entry, body);
  return { tensors, metadata };
}

/**
 * The length of the header that follows the first 8 bytes of a file.
 *
 * @param start the file's first 8 bytes, or more
 * @param size bytes of the whole file
 */
export function safetensorsHeaderLength(start: Uint8Array, size: number, fail: Fail): number {
  if (start.byteLength < 8)
    throw fail(`Expected a safetensors header but received ${start.byteLength} bytes`);
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  const limit = Math.min(MAX_HEADER, size - 8);
  if (length > BigInt(limit))
    throw fail(`Expected a safetensors header of at most ${limit} bytes but received ${length}`);
  return Number(length);
}

/**
 * Reads a header's JSON, so that tensors can be read one by one. It makes the same checks as {@link readSafetensors}.
 *
 * @param bodySize bytes that follow the header
 */
export function parseSafetensorsHeader(bytes: Uint8Array, bodySize: number, fail: Fail): SafetensorsHeader {
  const json = parseHeader(bytes, fail);
  const entries = Object.entries(json)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => readEntry(name, value, fail));
  checkCoverage(entries, bodySize, fail);
  return { entries, metadata: readMetadata(json[METADATA], fail) };
}

/** Writes tensors in the order of their element width, widest first, so that each is aligned; same input, same bytes. */
export function writeSafetensors(
  tensors: Record<string, TensorToStore>,
  metadata: Record<string, string> = {},
): Uint8Array {
  const sorted = Object.entries(tensors).sort(byWidthThenName);
  const header: Record<string, unknown> = Object.keys(metadata).length ? { [METADATA]: metadata } : {};
  let offset = 0;
  for (const [name, tensor] of sorted) {
    checkStorable(name, tensor);
    const end = offset + tensor.data.byteLength;
    header[name] = { dtype: typeOf(tensor), shape: tensor.dims, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...sorted.map(([, tensor]) => bytesOf(tensor.data))]);
}

/** Converts the elements of a tensor of any type to float32. */
export function floats(tensor: SafetensorsTensor): Float32Array {
  if (tensor.dtype === 'F32') return tensor.data as Float32Array;
  if (tensor.dtype === 'F16') return Float32Array.from(tensor.data as Uint16Array, floatFromHalf);
  if (tensor.dtype === 'BF16') return floatsFromBfloat(tensor.data as Uint16Array);
  return Float32Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

/** A bfloat16 is the upper half of a float32. */
function floatsFromBfloat(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
}

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw fail('Expected a JSON object for the safetensors header but received other text');
  }
  if (!isRecord(json))
    throw fail('Expected a JSON object for the safetensors header but received another value');
  return json;
}

function readEntry(name: string, value: unknown, fail: Fail): SafetensorsEntry {
  const wrong = (what: string) =>
    fail(`Expected a valid ${what} for tensor '${name}' but received another value`);
  if (!isRecord(value)) throw wrong('description');
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(TYPES, dtype)) throw wrong('dtype');
  if (!isCounts(shape)) throw wrong('shape');
  if (!isCounts(offsets) || offsets.length !== 2) throw wrong('data_offsets');
  const type = dtype as SafetensorsType;
  const [begin, end] = offsets as [number, number];
  const size = shape.reduce((product, dim) => product * dim, TYPES[type].BYTES_PER_ELEMENT);
  if (end - begin !== size) throw wrong('number of bytes');
  return { name, dtype: type, dims: shape, begin, end };
}

/** The format requires that the tensors fill the body exactly. */
function checkCoverage(entries: SafetensorsEntry[], size: number, fail: Fail): void {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== end)
      throw fail(`Expected tensor '${entry.name}' to start at byte ${end} but it starts at ${entry.begin}`);
    end = entry.end;
  }
  if (end !== size) throw fail(`Expected ${end} bytes of tensors but received ${size}`);
}

function readTensor({ dtype, dims, begin, end }: SafetensorsEntry, body: Uint8Array): SafetensorsTensor {
  const copy = new ArrayBuffer(end - begin);
  new Uint8Array(copy).set(body.subarray(begin, end));
  return { dtype, dims, data: new TYPES[dtype](copy) };
}

function readMetadata(value: unknown, fail: Fail): Record<string, string> {
  const metadata = nullObject<string>();
  if (value === undefined) return metadata;
  if (!isRecord(value))
    throw fail('Expected an object for the safetensors metadata but received another value');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string')
      throw fail(`Expected a string for metadata '${key}' but received another value`);
    metadata[key] = text;
  }
  return metadata;
}

function typeOf(tensor: TensorToStore): SafetensorsType {
  if (tensor.dtype) return tensor.dtype;
  const entry = Object.entries(TYPES).find(([, type]) => tensor.data instanceof type);
  // F16 comes before U16 in the table, but plain 16-bit unsigned numbers are not halves.
  return entry![0] === 'F16' ? 'U16' : (entry![0] as SafetensorsType);
}

function checkStorable(name: string, tensor: TensorToStore): void {
  const size = tensor.dims.reduce((product, dim) => product * dim, 1);
  if (name === METADATA || size !== tensor.data.length || !(tensor.data instanceof TYPES[typeOf(tensor)]))
    throw new RangeError(
      `Expected ${size} elements of its type for tensor '${name}' but received ${tensor.data.length}`,
    );
}

function byWidthThenName(a: [string, TensorToStore], b: [string, TensorToStore]): number {
  const width = b[1].data.BYTES_PER_ELEMENT - a[1].data.BYTES_PER_ELEMENT;
  return width || (a[0] < b[0] ? -1 : 1);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

/** Names come from files: `__proto__` must be a name like any other. */
function nullObject<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}
