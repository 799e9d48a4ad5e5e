import { deflateRawSync } from 'node:zlib';
import { crc32ByTable as crc32 } from '../../dist/packs/checkpoint/crc32.js';

/**
 * Writes PyTorch files as torch.save does, in both containers, and numpy files, so that tests can have any.
 * Python's tuples, OrderedDicts, names and calls have a class here; lists are arrays and dicts are Maps.
 */

/** PyTorch's classes of storages by element type. */
const STORAGES: Record<string, string> = {
  float64: 'DoubleStorage',
  float32: 'FloatStorage',
  float16: 'HalfStorage',
  bfloat16: 'BFloat16Storage',
  int64: 'LongStorage',
  int32: 'IntStorage',
  int16: 'ShortStorage',
  int8: 'CharStorage',
  uint8: 'ByteStorage',
  bool: 'BoolStorage',
};

export class Storage {
  constructor(
    readonly dtype: string,
    readonly data: ArrayBufferView & { length: number },
    readonly count = data.length,
  ) {}

  get bytes(): Buffer {
    return Buffer.from(this.data.buffer, this.data.byteOffset, this.data.byteLength);
  }
}

export class Tensor {
  constructor(
    readonly storage: Storage,
    readonly dims: readonly number[],
    readonly strides: readonly number[] = rowMajor(dims),
    readonly offset = 0,
  ) {}
}

export class Tuple {
  constructor(readonly items: unknown[]) {}
}

export class OrderedDict extends Map<unknown, unknown> {}

/** `module.name`, and with arguments the call of it. */
export class Name {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}

export class Call {
  constructor(
    readonly callable: Name,
    readonly args: unknown[],
    readonly state?: unknown,
  ) {}
}

/** A tensor from plain numbers. */
export function float32(dims: readonly number[], data: ArrayLike<number>): Tensor {
  return new Tensor(new Storage('float32', Float32Array.from(data)), dims);
}

function rowMajor(dims: readonly number[]): number[] {
  return dims.map((_, axis) => dims.slice(axis + 1).reduce((product, dim) => product * dim, 1));
}

/** Pickles a value with protocol 2, without memo; storages are numbered in the order of their first use. */
export class Pickler {
  readonly storages: Storage[] = [];
  private readonly parts: Buffer[] = [];

  constructor(private readonly legacy = false) {}

  dump(value: unknown): Buffer {
    this.bytes(0x80, 2);
    this.value(value);
    this.bytes(...ascii('.'));
    return Buffer.concat(this.parts);
  }

  private value(value: unknown): void {
    if (value === null) this.bytes(...ascii('N'));
    else if (typeof value === 'boolean') this.bytes(value ? 0x88 : 0x89);
    else if (typeof value === 'number') this.number(value);
    else if (typeof value === 'bigint') this.long(value);
    else if (typeof value === 'string') this.string(value);
    else if (value instanceof Tensor) this.tensor(value);
    else if (value instanceof Storage) this.storage(value);
    else if (value instanceof Name) this.name(value);
    else if (value instanceof Call) this.call(value);
    else if (value instanceof Tuple) this.tuple(value.items);
    else if (Array.isArray(value)) this.sequence(']', 'e', value);
    else if (value instanceof Map) this.dict(value);
    else throw new TypeError(`Expected a value that can be pickled but received ${String(value)}`);
  }

  private number(value: number): void {
    if (!Number.isInteger(value) || Object.is(value, -0)) {
      const bytes = Buffer.alloc(9, 'G');
      bytes.writeDoubleBE(value, 1);
      this.parts.push(bytes);
    } else if (value >= 0 && value < 256) this.bytes(...ascii('K'), value);
    else if (value >= 0 && value < 65536) this.bytes(...ascii('M'), value & 255, value >> 8);
    else if (value >= -(2 ** 31) && value < 2 ** 31) {
      const bytes = Buffer.alloc(5, 'J');
      bytes.writeInt32LE(value, 1);
      this.parts.push(bytes);
    } else this.long(BigInt(value));
  }

  private long(value: bigint): void {
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value >> 64n), 8);
    this.bytes(0x8a, 16);
    this.parts.push(bytes);
  }

  private string(value: string): void {
    const text = Buffer.from(value);
    const head = Buffer.alloc(5, 'X');
    head.writeUInt32LE(text.length, 1);
    this.parts.push(head, text);
  }

  private name({ module, name }: Name): void {
    this.parts.push(Buffer.from(`c${module}\n${name}\n`));
  }

  private call({ callable, args, state }: Call): void {
    this.name(callable);
    this.tuple(args);
    this.bytes(...ascii('R'));
    if (state === undefined) return;
    this.value(state);
    this.bytes(...ascii('b'));
  }

  private tuple(items: unknown[]): void {
    this.bytes(...ascii('('));
    for (const item of items) this.value(item);
    this.bytes(...ascii('t'));
  }

  private sequence(open: string, close: string, items: unknown[]): void {
    this.bytes(...ascii(open), ...ascii('('));
    for (const item of items) this.value(item);
    this.bytes(...ascii(close));
  }

  private dict(map: Map<unknown, unknown>): void {
    if (map instanceof OrderedDict) this.call(new Call(new Name('collections', 'OrderedDict'), []));
    this.sequence(map instanceof OrderedDict ? '' : '}', 'u', [...map].flat());
  }

  private tensor({ storage, dims, strides, offset }: Tensor): void {
    const args = [storage, offset, new Tuple([...dims]), new Tuple([...strides]), false, new OrderedDict()];
    this.call(new Call(new Name('torch._utils', '_rebuild_tensor_v2'), args));
  }

  private storage(storage: Storage): void {
    if (!this.storages.includes(storage)) this.storages.push(storage);
    const type = new Name('torch', STORAGES[storage.dtype]!);
    const key = String(this.storages.indexOf(storage));
    this.tuple(['storage', type, key, 'cpu', storage.count, ...(this.legacy ? [null] : [])]);
    this.bytes(...ascii('Q'));
  }

  private bytes(...bytes: number[]): void {
    this.parts.push(Buffer.from(bytes));
  }
}

function ascii(text: string): number[] {
  return [...Buffer.from(text)];
}

/** What torch.save writes since 1.6. */
export function torchZip(value: unknown, options: { bigEndian?: boolean; deflate?: boolean } = {}): Buffer {
  const pickler = new Pickler();
  const pickle = pickler.dump(value);
  const { bigEndian = false, deflate = false } = options;
  return zip([
    { name: 'model/data.pkl', data: pickle, deflate },
    { name: 'model/byteorder', data: Buffer.from(bigEndian ? 'big' : 'little') },
    ...pickler.storages.map((storage, key) => ({
      name: `model/data/${key}`,
      data: bigEndian ? swapped(storage) : storage.bytes,
      deflate,
    })),
    { name: 'model/version', data: Buffer.from('3\n') },
  ]);
}

function swapped(storage: Storage): Buffer {
  const width = storage.data.byteLength / Math.max(1, storage.data.length);
  const bytes = Buffer.from(storage.bytes);
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
  return bytes;
}

/** What torch.save wrote before 1.6, and does on demand. */
export function torchLegacy(value: unknown): Buffer {
  const pickler = new Pickler(true);
  const body = pickler.dump(value);
  const heads = [0x1950a86a20f9469cfc6cn, 1001, new Map([['little_endian', true]])];
  const keys = pickler.storages.map((_, key) => String(key));
  return Buffer.concat([
    ...heads.map((head) => new Pickler().dump(head)),
    body,
    new Pickler().dump(keys),
    ...pickler.storages.flatMap((storage) => [count(storage), storage.bytes]),
  ]);
}

function count(storage: Storage): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(storage.count));
  return bytes;
}

export interface ZipInput {
  name: string;
  data: Uint8Array;
  deflate?: boolean;
  /** Lies, for hostile archives. */
  claims?: { size?: number; packedSize?: number; offset?: number; crc?: number };
}

/** A zip archive; `zip64` writes every number of the directory in the wide fields. */
export function zip(inputs: ZipInput[], { zip64 = false } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const input of inputs) {
    const { local, record } = zipEntry(input, offset, zip64);
    parts.push(local);
    directory.push(record);
    offset += local.length;
  }
  const records = Buffer.concat(directory);
  return Buffer.concat([...parts, records, zipEnd(inputs.length, records.length, offset, zip64)]);
}

function zipEntry({ name, data, deflate = false, claims = {} }: ZipInput, offset: number, zip64: boolean) {
  const packed = deflate ? deflateRawSync(data) : Buffer.from(data);
  const title = Buffer.from(name);
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(deflate ? 8 : 0, 8);
  head.writeUInt16LE(title.length, 26);
  const numbers = [claims.size ?? data.length, claims.packedSize ?? packed.length, claims.offset ?? offset];
  const extra = zip64 ? wideNumbers(numbers) : Buffer.alloc(0);
  const narrow = zip64 ? numbers.map(() => 0xffffffff) : numbers;
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(deflate ? 8 : 0, 10);
  record.writeUInt32LE(claims.crc ?? crc32(data), 16);
  record.writeUInt32LE(narrow[1]!, 20);
  record.writeUInt32LE(narrow[0]!, 24);
  record.writeUInt16LE(title.length, 28);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt32LE(narrow[2]!, 42);
  return {
    local: Buffer.concat([head, title, packed]),
    record: Buffer.concat([record, title, extra]),
  };
}

function wideNumbers(numbers: number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * numbers.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * numbers.length, 2);
  for (const [i, number] of numbers.entries()) extra.writeBigUInt64LE(BigInt(number), 4 + 8 * i);
  return extra;
}

function zipEnd(entries: number, size: number, offset: number, zip64: boolean): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : entries, 8);
  end.writeUInt16LE(zip64 ? 0xffff : entries, 10);
  end.writeUInt32LE(zip64 ? 0xffffffff : size, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16);
  if (!zip64) return end;
  const wide = Buffer.alloc(56);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(BigInt(entries), 24);
  wide.writeBigUInt64LE(BigInt(entries), 32);
  wide.writeBigUInt64LE(BigInt(size), 40);
  wide.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([wide, locator, end]);
}

/** A .npy file; `descr` is numpy's name of the element type, such as `<f4`. */
export function npy(
  descr: string,
  dims: readonly number[],
  data: ArrayBufferView,
  { fortran = false, version = 1 } = {},
): Buffer {
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape}), }`;
  const prefix = version === 1 ? 10 : 12;
  const length = Math.ceil((prefix + text.length + 1) / 64) * 64 - prefix;
  const head = Buffer.alloc(prefix);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(length, 8);
  else head.writeUInt32LE(length, 8);
  const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([head, Buffer.from(`${text.padEnd(length - 1)}\n`), body]);
}
