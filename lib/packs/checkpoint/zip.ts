import { constants, inflateRawSync } from 'node:zlib';
import { type ByteStore, checkRange } from './byte-store.js';
import { crc32 } from './crc32.js';
import { damaged, LIMITS, quoted } from './damaged.js';
import { readZipDirectory, type ZipRecord } from './zip-directory.js';

const LOCAL_HEADER = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/** A zip archive; opening reads only the directory, entries are read on demand. Names in it are never used as paths. */
export class ZipArchive {
  private constructor(readonly entries: ReadonlyMap<string, ZipEntry>) {}

  static async open(store: ByteStore): Promise<ZipArchive> {
    const records = await readZipDirectory(store);
    const entries = new Map<string, ZipEntry>();
    const cache = new InflatedCache();
    for (const record of records) {
      if (entries.has(record.name))
        throw damaged(`Expected one zip entry of each name but received ${quoted(record.name)} twice`);
      entries.set(record.name, new ZipEntry(store, record, cache));
    }
    return new ZipArchive(entries);
  }
}

/** Keeps the last inflated entry, since callers mostly read tensors of one storage together. */
class InflatedCache {
  entry: ZipEntry | undefined;
  bytes: Uint8Array = new Uint8Array(0);
}

/** An entry of a zip archive, stored or deflated. */
export class ZipEntry implements ByteStore {
  readonly size: number;

  constructor(
    private readonly archive: ByteStore,
    private readonly record: ZipRecord,
    private readonly cache: InflatedCache,
  ) {
    this.size = record.size;
    checkMethod(record);
  }

  get name(): string {
    return this.record.name;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length);
    if (this.record.method === DEFLATED) return (await this.inflated()).slice(offset, offset + length);
    const bytes = await this.archive.read((await this.dataOffset()) + offset, length);
    // The checksum covers the whole entry and cannot check a part of it.
    if (length === this.size) this.checkSum(bytes);
    return bytes;
  }

  /** Returns the first bytes, fewer than `length` if the entry is short; reads and inflates little more. */
  async head(length: number): Promise<Uint8Array> {
    if (this.record.method === STORED) return this.read(0, Math.min(length, this.size));
    const packed = await this.archive.read(await this.dataOffset(), Math.min(length, this.record.packedSize));
    return inflate(packed, this.name, { finishFlush: constants.Z_SYNC_FLUSH }).slice(0, length);
  }

  private async inflated(): Promise<Uint8Array> {
    if (this.cache.entry === this) return this.cache.bytes;
    const packed = await this.archive.read(await this.dataOffset(), this.record.packedSize);
    const bytes = inflate(packed, this.name, { maxOutputLength: Math.max(1, this.size) });
    if (bytes.length !== this.size)
      throw damaged(
        `Expected ${this.size} bytes in zip entry ${quoted(this.name)} but received ${bytes.length}`,
      );
    this.checkSum(bytes);
    this.cache.entry = this;
    this.cache.bytes = bytes;
    return bytes;
  }

  private checkSum(bytes: Uint8Array): void {
    if (crc32(bytes) !== this.record.crc)
      throw damaged(
        `Expected the checksum of zip entry ${quoted(this.name)} but its bytes have another: the file is damaged`,
      );
  }

  /** The local header gives the start of the data; the rest of it only repeats the directory. */
  private async dataOffset(): Promise<number> {
    const { headerOffset, end, packedSize, name } = this.record;
    const header = Buffer.from(await this.archive.read(headerOffset, 30));
    const nameLength = header.readUInt16LE(26);
    const start = headerOffset + 30 + nameLength + header.readUInt16LE(28);
    const fits = header.readUInt32LE(0) === LOCAL_HEADER && start + packedSize <= end;
    if (!fits)
      throw damaged(`Expected zip entry ${quoted(name)} at byte ${headerOffset} but it is not there`);
    const localName = Buffer.from(await this.archive.read(headerOffset + 30, nameLength)).toString('utf8');
    if (localName !== name)
      throw damaged(
        `Expected zip entry ${quoted(name)} at byte ${headerOffset} but received ${quoted(localName)}`,
      );
    return start;
  }
}

/** Throws for an entry that cannot be read or whose declared size is too large for its data. */
function checkMethod({ name, method, size, packedSize }: ZipRecord): void {
  if (method !== STORED && method !== DEFLATED)
    throw damaged(
      `Expected a stored or deflated zip entry but received method ${method} for ${quoted(name)}`,
    );
  const limit = method === STORED ? packedSize : Math.max(LIMITS.zipSmall, packedSize * LIMITS.zipRatio);
  if (size > limit || (method === STORED && size !== packedSize))
    throw damaged(
      `Expected at most ${limit} bytes for zip entry ${quoted(name)} but it declares ${size}: it is damaged or a zip bomb`,
    );
}

function inflate(
  packed: Uint8Array,
  name: string,
  options: { maxOutputLength?: number; finishFlush?: number },
): Uint8Array {
  try {
    return inflateRawSync(packed, options);
  } catch (error) {
    throw damaged(`Expected deflated data in zip entry ${quoted(name)} but received other bytes`, error);
  }
}
