import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidArgument } from '../../errors.js';
import { orOutputError } from '../../files/output-error.js';

const ENDING = '.portrait';

/** Files of portraits in a folder, whose names are hashes of their ids, under a limit of bytes. One call at a time, except `has`. */
export class PortraitFolder {
  readonly #path: string;
  readonly #mostBytes: number;
  /** Bytes of files by their names; those used last are at the end. */
  #files: Promise<Map<string, number>> | undefined;

  constructor(path: string, mostBytes: number) {
    this.#path = path;
    this.#mostBytes = mostBytes;
  }

  async has(id: string): Promise<boolean> {
    return (await this.#known()).has(nameOf(id));
  }

  /** The file of a portrait that will be read. @throws INVALID_ARGUMENT if there is none */
  async use(id: string): Promise<string> {
    const files = await this.#known();
    const name = nameOf(id);
    const bytes = files.get(name);
    if (bytes === undefined) throw invalidArgument('the id of a portrait in the store', 'the id', id);
    files.delete(name);
    files.set(name, bytes);
    return join(this.#path, name);
  }

  /** Has a portrait saved, unless its file is there; others may go. */
  async keep(id: string, save: (file: string) => Promise<void>): Promise<void> {
    const files = await this.#known();
    const name = nameOf(id);
    if (files.has(name)) return;
    await save(join(this.#path, name));
    files.set(name, (await stat(join(this.#path, name))).size);
    await this.#shrink(files);
  }

  async remove(id: string): Promise<void> {
    const files = await this.#known();
    await rm(join(this.#path, nameOf(id)), { force: true });
    files.delete(nameOf(id));
  }

  /** The last one stays: somebody has just put it there. */
  async #shrink(files: Map<string, number>): Promise<void> {
    let total = [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
    for (const [name, bytes] of [...files].slice(0, -1)) {
      if (total <= this.#mostBytes) return;
      await rm(join(this.#path, name), { force: true });
      files.delete(name);
      total -= bytes;
    }
  }

  #known(): Promise<Map<string, number>> {
    this.#files ??= this.#read();
    this.#files.catch(() => {
      this.#files = undefined; // the next call tries again
    });
    return this.#files;
  }

  async #read(): Promise<Map<string, number>> {
    await orOutputError(mkdir(this.#path, { recursive: true }), this.#path);
    const names = (await readdir(this.#path)).filter((name) => /^[0-9a-f]{64}\.portrait$/.test(name));
    const found = await Promise.all(
      names.map(async (name) => ({ name, at: await stat(join(this.#path, name)) })),
    );
    found.sort((a, b) => a.at.mtimeMs - b.at.mtimeMs);
    return new Map(found.map(({ name, at }) => [name, at.size]));
  }
}

function nameOf(id: string): string {
  return createHash('sha256').update(id).digest('hex') + ENDING;
}
