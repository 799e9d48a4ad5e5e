import type { ByteStore } from './byte-store.js';
import { damaged, LIMITS, quoted } from './damaged.js';

/** An entry in the directory of a zip archive. */
export interface ZipRecord {
  name: string;
  method: number;
  crc: number;
  packedSize: number;
  size: number;
  headerOffset: number;
  /** Start of the next entry or of the directory: this entry must end before it. */
  end: number;
}

interface DirectoryPlace {
  count: number;
  size: number;
  offset: number;
}

const END = 0x06054b50;
const END_SIZE = 22;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const RECORD = 0x02014b50;
const RECORD_SIZE = 46;
const ENCRYPTED = 1;
/** This value of a 32-bit field means that the number is in the zip64 extra field. */
const IN_ZIP64 = 0xffffffff;

/** Reads the directory of a zip archive and checks that its entries do not overlap. */
export async function readZipDirectory(store: ByteStore): Promise<ZipRecord[]> {
  const place = await findDirectory(store);
  if (place.count > LIMITS.zipEntries || place.size > LIMITS.zipDirectoryBytes)
    throw damaged(
      `Expected at most ${LIMITS.zipEntries} entries in a zip archive but received ${place.count} in ${place.size} bytes`,
    );
  const bytes = Buffer.from(await store.read(place.offset, place.size));
  const records: ZipRecord[] = [];
  for (let at = 0; records.length < place.count; ) {
    const { record, length } = readRecord(bytes, at);
    records.push(record);
    at += length;
  }
  checkOrder(records, place.offset);
  return records;
}

/** The end of the file, before a comment, contains the directory's offset. */
async function findDirectory(store: ByteStore): Promise<DirectoryPlace> {
  const start = Math.max(0, store.size - END_SIZE - 65_535);
  const tail = Buffer.from(await store.read(start, store.size - start));
  for (let at = tail.length - END_SIZE; at >= 0; at--) {
    const found = tail.readUInt32LE(at) === END && at + END_SIZE + tail.readUInt16LE(at + 20) === tail.length;
    if (found) return readEnd(store, tail.subarray(at), start + at);
  }
  throw damaged(
    'Expected the directory of a zip archive at the end of the file but there is none: the file is cut',
  );
}

async function readEnd(store: ByteStore, end: Buffer, position: number): Promise<DirectoryPlace> {
  const place = {
    count: end.readUInt16LE(10),
    size: end.readUInt32LE(12),
    offset: end.readUInt32LE(16),
  };
  if (end.readUInt16LE(4) !== 0 && end.readUInt16LE(4) !== 0xffff)
    throw damaged('Expected a zip archive in one part but received one in several');
  const wide = place.count === 0xffff || place.size === IN_ZIP64 || place.offset === IN_ZIP64;
  return wide ? readEnd64(store, position) : checkedPlace(place, position);
}

async function readEnd64(store: ByteStore, position: number): Promise<DirectoryPlace> {
  const locator = Buffer.from(await store.read(position - 20, 20));
  if (locator.readUInt32LE(0) !== END64_LOCATOR) throw damaged('Expected a zip64 locator but there is none');
  const offset = safe(locator.readBigUInt64LE(8));
  const end = Buffer.from(await store.read(offset, 56));
  if (end.readUInt32LE(0) !== END64) throw damaged('Expected the end of a zip64 directory but there is none');
  const place = {
    count: safe(end.readBigUInt64LE(32)),
    size: safe(end.readBigUInt64LE(40)),
    offset: safe(end.readBigUInt64LE(48)),
  };
  return checkedPlace(place, offset);
}

function checkedPlace(place: DirectoryPlace, end: number): DirectoryPlace {
  if (place.offset + place.size > end)
    throw damaged(
      `Expected the zip directory to end at byte ${end} but it has ${place.size} bytes at byte ${place.offset}`,
    );
  return place;
}

function readRecord(bytes: Buffer, at: number): { record: ZipRecord; length: number } {
  if (at + RECORD_SIZE > bytes.length || bytes.readUInt32LE(at) !== RECORD)
    throw damaged(`Expected an entry in the zip directory at its byte ${at} but received other bytes`);
  const nameLength = bytes.readUInt16LE(at + 28);
  const extraLength = bytes.readUInt16LE(at + 30);
  const length = RECORD_SIZE + nameLength + extraLength + bytes.readUInt16LE(at + 32);
  if (at + length > bytes.length) throw damaged('Expected whole entries in the zip directory but it is cut');
  const nameEnd = at + RECORD_SIZE + nameLength;
  const name = checkedName(bytes.toString('utf8', at + RECORD_SIZE, nameEnd));
  if (bytes.readUInt16LE(at + 8) & ENCRYPTED)
    throw damaged(`Expected a zip entry without a password but ${quoted(name)} has one`);
  const extra = new Zip64Extra(bytes.subarray(nameEnd, nameEnd + extraLength));
  const size = extra.wide(bytes.readUInt32LE(at + 24));
  const packedSize = extra.wide(bytes.readUInt32LE(at + 20));
  const headerOffset = extra.wide(bytes.readUInt32LE(at + 42));
  const method = bytes.readUInt16LE(at + 10);
  return {
    record: { name, method, crc: bytes.readUInt32LE(at + 16), size, packedSize, headerOffset, end: 0 },
    length,
  };
}

/** The zip64 extra field contains only the numbers that do not fit into 32 bits, in their order. */
class Zip64Extra {
  private readonly numbers: Buffer;
  private next = 0;

  constructor(extra: Buffer) {
    this.numbers = findField(extra, 1);
  }

  wide(narrow: number): number {
    if (narrow !== IN_ZIP64) return narrow;
    if (this.next + 8 > this.numbers.length) throw damaged('Expected a zip64 number but there is none');
    this.next += 8;
    return safe(this.numbers.readBigUInt64LE(this.next - 8));
  }
}

function findField(extra: Buffer, id: number): Buffer {
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return Buffer.alloc(0);
}

/** Throws for entries that share bytes: a zip bomb uses them to inflate a small archive to a huge size. */
function checkOrder(records: ZipRecord[], directory: number): void {
  const sorted = [...records].sort((a, b) => a.headerOffset - b.headerOffset);
  for (const [index, record] of sorted.entries()) {
    record.end = sorted[index + 1]?.headerOffset ?? directory;
    if (record.headerOffset + 30 + record.packedSize > record.end)
      throw damaged(`Expected zip entries one behind the other but ${quoted(record.name)} overlaps the next`);
  }
}

/** The library only compares names and never opens them, but no valid checkpoint contains a path that leaves its folder. */
function checkedName(name: string): string {
  const hostile =
    name.length > LIMITS.nameLength || /^[/\\]|^[a-z]:|\\|\0/i.test(name) || name.split('/').includes('..');
  if (hostile) throw damaged(`Expected a plain name for a zip entry but received ${quoted(name)}`);
  return name;
}

function safe(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw damaged(`Expected a number of bytes in the zip archive but received ${value}`);
}
