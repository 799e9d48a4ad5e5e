import { type FileHandle, open } from 'node:fs/promises';
import { asKdtalkerError, KdtalkerError } from '../../errors.js';
import { readFully } from '../../files/whole-io.js';
import { damaged } from './damaged.js';

/** Bytes that are read on demand: a file, an entry of an archive, a storage of tensors. */
export interface ByteStore {
  /** Number of bytes. */
  readonly size: number;
  /** Whether elements have their most significant byte first; default no. */
  readonly bigEndian?: boolean;
  /** Returns exactly `length` bytes from `offset` in a new buffer; throws CHECKPOINT_INVALID outside of the store. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A regular file, opened once, with random access. */
export class FileStore implements ByteStore {
  private constructor(
    private readonly handle: FileHandle,
    readonly size: number,
  ) {}

  static async open(file: string): Promise<FileStore> {
    const handle = await open(file, 'r').catch((cause: unknown) => {
      throw asKdtalkerError(
        cause,
        'FILE_NOT_FOUND',
        `Expected a readable file for the checkpoint but received ${file}`,
      );
    });
    const stat = await handle.stat();
    if (stat.isFile()) return new FileStore(handle, stat.size);
    await handle.close();
    throw new KdtalkerError(
      'FILE_NOT_FOUND',
      `Expected a file for the checkpoint but received ${file}, which is none`,
    );
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length);
    const bytes = new Uint8Array(length);
    if ((await readFully(this.handle, bytes, offset)) < length)
      throw damaged(`Expected ${length} bytes at byte ${offset} but the file became shorter`);
    return bytes;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** A range of another store. */
export class StorePart implements ByteStore {
  constructor(
    private readonly store: ByteStore,
    private readonly start: number,
    readonly size: number,
    readonly bigEndian = false,
  ) {
    checkRange(store, start, size);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length);
    return this.store.read(this.start + offset, length);
  }
}

/** Throws for a range that does not lie inside the store, NaN and fractions included. */
export function checkRange(store: ByteStore, offset: number, length: number): void {
  const valid = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!valid || offset + length > store.size)
    throw damaged(
      `Expected ${length} bytes at byte ${offset} but received ${store.size} bytes in all: the file is cut or damaged`,
    );
}
