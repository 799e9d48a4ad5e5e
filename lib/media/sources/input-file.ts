import { resolve } from 'node:path';
import { writeTemporaryFile } from '../../files/temporary-file.js';
import type { TemporaryPath } from '../../files/temporary-path.js';

/** An input as a file: the file itself, or a temporary file made at the first request. */
export class InputFile {
  readonly #input: string | (() => readonly Uint8Array[]);
  #temporary: Promise<TemporaryPath> | undefined;

  constructor(input: string | (() => readonly Uint8Array[])) {
    this.#input = input;
  }

  /** Its absolute path. */
  async path(): Promise<string> {
    if (typeof this.#input === 'string') return resolve(this.#input);
    this.#temporary ??= writeTemporaryFile('input', this.#input());
    return (await this.#temporary).path;
  }

  async remove(): Promise<void> {
    const file = await this.#temporary?.catch(() => undefined);
    await file?.remove();
  }
}
