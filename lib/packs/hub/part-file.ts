import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { throwIfAborted } from '../../errors.js';

/** Read at a time; hashing a piece holds the event loop for about a millisecond. */
const PIECE = 1 << 20;

/**
 * A file on its way: `<name>.<hash>.part` beside the one it will be. It stays when a connection or the process ends, and
 * goes on where it ended; the hash in its name keeps the beginning of one version from being continued with another.
 */
export class PartFile {
  #size: number;

  private constructor(
    private readonly path: string,
    private readonly target: string,
    private readonly handle: FileHandle,
    private hash: Hash,
    size: number,
  ) {
    this.#size = size;
  }

  /** Opens what there is of a file, and hashes it. @throws ABORTED, the system's errors */
  static async open(target: string, sha256: string, signal?: AbortSignal): Promise<PartFile> {
    const path = `${target}.${sha256.slice(0, 12)}.part`;
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, 'a+');
    try {
      const { hash, bytes } = await hashFile(handle, signal);
      return new PartFile(path, target, handle, hash, bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes that are there. */
  get size(): number {
    return this.#size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.handle.appendFile(bytes);
    this.hash.update(bytes);
    this.#size += bytes.byteLength;
  }

  /** Begins again with nothing. */
  async clear(): Promise<void> {
    await this.handle.truncate(0);
    this.hash = createHash('sha256');
    this.#size = 0;
  }

  /** SHA-256 of what is there. */
  digest(): string {
    return this.hash.copy().digest('hex');
  }

  /** Gives the file its name. */
  async finish(): Promise<void> {
    await this.handle.sync();
    await rename(this.path, this.target);
  }

  /** Removes it. */
  async drop(): Promise<void> {
    await rm(this.path, { force: true });
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** Hashes a file from its beginning. */
export async function hashFile(
  handle: FileHandle,
  signal: AbortSignal | undefined,
): Promise<{ hash: Hash; bytes: number }> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(PIECE);
  for (let bytes = 0; ; ) {
    throwIfAborted(signal, 'Downloading');
    const { bytesRead } = await handle.read(buffer, 0, PIECE, bytes);
    if (bytesRead === 0) return { hash, bytes };
    hash.update(buffer.subarray(0, bytesRead));
    bytes += bytesRead;
  }
}
