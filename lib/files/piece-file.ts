import type { FileHandle } from 'node:fs/promises';
import { KdtalkerError } from '../errors.js';
import { outputError } from './output-error.js';
import { openTemporaryFile } from './temporary-file.js';
import type { TemporaryPath } from './temporary-path.js';
import { readFully, writeFully } from './whole-io.js';

/** Removes a file that was garbage-collected without close(). */
const dropped = new FinalizationRegistry<() => void>((remove) => remove());

/** Pieces of bytes in a temporary file: added in order, read in any order by any number of callers. */
export class PieceFile {
  readonly #file: TemporaryPath;
  readonly #handle: FileHandle;
  readonly #advice: string;
  /** The offset of each piece, and the end of the last one. */
  #offsets = [0];
  #closing: Promise<void> | undefined;

  private constructor(file: TemporaryPath, handle: FileHandle, advice: string) {
    this.#file = file;
    this.#handle = handle;
    this.#advice = advice;
    dropped.register(this, () => void remove(handle, file), this);
  }

  /**
   * @param name of the file, in part
   * @param advice what helps when another program has shortened it
   * @throws OUTPUT_UNWRITABLE (of the system's temporary folder), OUTPUT_DISK_FULL
   */
  static async create(name: string, advice: string): Promise<PieceFile> {
    const { place, handle } = await openTemporaryFile(name);
    return new PieceFile(place, handle, advice);
  }

  /** The number of pieces. */
  get length(): number {
    return this.#offsets.length - 1;
  }

  /** Adds a piece at the end; one call at a time. @throws OUTPUT_DISK_FULL, OUTPUT_UNWRITABLE */
  async add(bytes: Uint8Array): Promise<void> {
    const at = this.#offsets.at(-1)!;
    await writeFully(this.#handle, bytes, at).catch((cause: unknown) => {
      throw outputError(cause, this.#file.path);
    });
    this.#offsets.push(at + bytes.length);
  }

  /** A piece by its number, in memory of its own. @throws FILE_NOT_FOUND if the file was shortened by another program */
  async read(index: number): Promise<Uint8Array> {
    const [begin, end] = [this.#offsets[index]!, this.#offsets[index + 1]!];
    const bytes = new Uint8Array(end - begin);
    const there = await readFully(this.#handle, bytes, begin);
    if (there === bytes.length) return bytes;
    throw new KdtalkerError(
      'FILE_NOT_FOUND',
      `Expected ${end} bytes of pictures in '${this.#file.path}' but received ${begin + there}: another program shortened the file. ` +
        this.#advice,
    );
  }

  /** Bytes of all pieces. */
  get bytes(): number {
    return this.#offsets.at(-1)!;
  }

  /** Forgets the pieces behind so many. */
  keep(count: number): void {
    this.#offsets.length = Math.min(this.#offsets.length, count + 1);
  }

  /** Removes the file. May be called twice; not while pieces are read. */
  close(): Promise<void> {
    dropped.unregister(this);
    this.#closing ??= remove(this.#handle, this.#file);
    return this.#closing;
  }

  /** Whether close() was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }
}

async function remove(handle: FileHandle, file: TemporaryPath): Promise<void> {
  await handle.close();
  await file.remove();
}
