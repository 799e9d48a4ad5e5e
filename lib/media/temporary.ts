import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './cleanup.js';
import { outputError } from './output-error.js';

/** A file in the system's folder for temporary files, removed by {@link remove} or when the process exits. */
export class TemporaryFile {
  readonly path: string;
  readonly #folder: string;
  readonly #forget: () => void;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'file');
    this.#forget = atExit(() => rmSync(folder, { recursive: true, force: true }));
  }

  /**
   * Writes the pieces one after the other.
   *
   * @throws OUTPUT_DISK_FULL, OUTPUT_UNWRITABLE
   */
  static async write(pieces: readonly Uint8Array[]): Promise<TemporaryFile> {
    const file = await TemporaryFile.reserve();
    try {
      await writeFile(file.path, pieces, { mode: 0o600 });
      return file;
    } catch (cause) {
      await file.remove();
      throw outputError(cause, file.#folder);
    }
  }

  /** A name in a folder of its own, at which the caller makes the file. @throws OUTPUT_DISK_FULL, OUTPUT_UNWRITABLE */
  static async reserve(): Promise<TemporaryFile> {
    const root = tmpdir();
    const folder = await mkdtemp(join(root, 'kdtalker-')).catch((cause: unknown) => {
      throw outputError(cause, root);
    });
    return new TemporaryFile(folder);
  }

  async remove(): Promise<void> {
    this.#forget();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
