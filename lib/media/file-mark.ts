import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { KdtalkerError } from '../errors.js';

/** The state of a file when it was opened, to detect changes between two reads. */
export class FileMark {
  readonly #path: string;
  readonly #status: Stats | undefined;

  private constructor(path: string, status: Stats | undefined) {
    this.#path = path;
    this.#status = status;
  }

  /** A missing file has an empty mark; the later open reports the error. */
  static async of(path: string): Promise<FileMark> {
    return new FileMark(path, await stat(path).catch(() => undefined));
  }

  /** @throws SPEECH_UNREADABLE if the file has changed */
  async check(name: string): Promise<void> {
    const now = await stat(this.#path).catch(() => undefined);
    const keys = ['dev', 'ino', 'size', 'mtimeMs'] as const;
    if (this.#status === undefined || keys.every((key) => now?.[key] === this.#status?.[key])) return;
    throw new KdtalkerError(
      'SPEECH_UNREADABLE',
      `Expected ${name} to stay unchanged while it is read but it was changed. Give a copy that no other program writes to.`,
    );
  }
}
