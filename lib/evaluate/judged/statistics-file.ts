import { invalidArgument, quote } from '../../errors.js';
import { crc32 } from '../../packs/checkpoint/crc32.js';
import { type Checkpoint, openCheckpoint } from '../../packs/checkpoint/index.js';
import type { FeatureStatistics } from './frechet.js';

/** Sizes of the records of a zip archive, and the first bytes of each. */
const ENTRY = { size: 30, mark: 0x04034b50 };
const LISTED = { size: 46, mark: 0x02014b50 };
const END = { size: 22, mark: 0x06054b50 };
/** 1980, the first day that a zip archive knows. */
const DAY = 0x21;

/** Statistics as pytorch-fid saves them: an .npz file with `mu` [n] and `sigma` [n, n]. */
export function statisticsBytes({ mean, covariance }: FeatureStatistics): Uint8Array {
  const { rows, columns, data } = covariance;
  return stored([
    ['mu.npy', arrayBytes(mean, `${mean.length},`)],
    ['sigma.npy', arrayBytes(data, `${rows}, ${columns}`)],
  ]);
}

function arrayBytes(data: Float64Array, shape: string): Buffer {
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape}), }`;
  const length = 64 * Math.ceil((10 + text.length + 1) / 64) - 10;
  const head = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${text.padEnd(length - 1)}\n`, 'latin1');
  head.writeUInt16LE(length, 8);
  return Buffer.concat([head, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

/** A zip archive of uncompressed files. */
function stored(files: readonly [name: string, bytes: Buffer][]): Buffer {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of files) {
    const entry = record(ENTRY, name, bytes, 4);
    list.push(listed(record(LISTED, name, bytes, 6), offset));
    parts.push(entry, bytes);
    offset += entry.length + bytes.length;
  }
  const end = Buffer.alloc(END.size);
  end.writeUInt32LE(END.mark, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(
    list.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...list, end]);
}

/** @param at where the fields begin that both kinds of records have */
function record(kind: { size: number; mark: number }, name: string, bytes: Buffer, at: number): Buffer {
  const head = Buffer.alloc(kind.size);
  head.writeUInt32LE(kind.mark, 0);
  head.writeUInt16LE(20, at);
  head.writeUInt16LE(DAY, at + 8);
  head.writeUInt32LE(crc32(bytes), at + 10);
  head.writeUInt32LE(bytes.length, at + 14);
  head.writeUInt32LE(bytes.length, at + 18);
  head.writeUInt16LE(name.length, at + 22);
  return Buffer.concat([head, Buffer.from(name)]);
}

function listed(entry: Buffer, offset: number): Buffer {
  entry.writeUInt32LE(offset, 42);
  return entry;
}

/** Reads such a file. @param size numbers of a feature vector @throws KdtalkerError FILE_NOT_FOUND, CHECKPOINT_INVALID, INVALID_ARGUMENT */
export async function readFeatureStatistics(file: string, size: number): Promise<FeatureStatistics> {
  const archive = await openCheckpoint(file);
  try {
    const mean = await doublesOf(archive, 'mu', [size]);
    const data = await doublesOf(archive, 'sigma', [size, size]);
    return { mean, covariance: { rows: size, columns: size, data } };
  } finally {
    await archive.close();
  }
}

async function doublesOf(archive: Checkpoint, name: string, dims: readonly number[]): Promise<Float64Array> {
  const found = archive.tensors.get(name)?.dims;
  if (`${found}` !== `${dims}`) {
    const expected = `statistics with ${name} [${dims}]`;
    throw invalidArgument(expected, quote(archive.file), found ? `[${found}]` : 'none');
  }
  return Float64Array.from((await archive.read(name)).data as ArrayLike<number>);
}
