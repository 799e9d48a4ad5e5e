import type { Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hashFile, newHash } from '../../files/hash.js';

/**
 * A partial download: `<name>.<hash>.part` beside the final file. It remains when a connection or the process ends, and the next
 * run resumes it; the hash in its name prevents a mix of two versions.
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

  /** Opens the downloaded part of a file, and hashes it. @throws ABORTED, the system's errors */
  static async open(target: string, sha256: string, signal?: AbortSignal): Promise<PartFile> {
    const path = `${target}.${sha256.slice(0, 12)}.part`;
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, 'a+');
    try {
      const { hash, bytes } = await hashFile(handle, { signal, what: 'Downloading' });
      return new PartFile(path, target, handle, hash, bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Number of bytes downloaded. */
  get size(): number {
    return this.#size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.handle.appendFile(bytes);
    this.hash.update(bytes);
    this.#size += bytes.byteLength;
  }

  /** Discards all bytes. */
  async clear(): Promise<void> {
    await this.handle.truncate(0);
    this.hash = newHash();
    this.#size = 0;
  }

  /** SHA-256 of the downloaded bytes. */
  digest(): string {
    return this.hash.copy().digest('hex');
  }

  /** Renames the file to its final name and removes partial files of other versions, which nobody will resume. */
  async finish(): Promise<void> {
    await this.handle.sync();
    await rename(this.path, this.target);
    const [folder, name] = [dirname(this.target), basename(this.target)];
    for (const other of await readdir(folder)) {
      const isPart = other.startsWith(name) && /^\.[0-9a-f]{12}\.part$/.test(other.slice(name.length));
      if (isPart) await rm(join(folder, other), { force: true });
    }
  }

  /** Removes it. */
  async drop(): Promise<void> {
    await rm(this.path, { force: true });
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
