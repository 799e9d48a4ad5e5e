import { resolve } from 'node:path';
import { TemporaryFile } from '../temporary.js';

/** An input as a file: itself when it is one, else a temporary file made when first asked for. */
export class InputFile {
  readonly #input: string | (() => readonly Uint8Array[]);
  #temporary: Promise<TemporaryFile> | undefined;

  constructor(input: string | (() => readonly Uint8Array[])) {
    this.#input = input;
  }

  /** Its absolute path. */
  async path(): Promise<string> {
    if (typeof this.#input === 'string') return resolve(this.#input);
    this.#temporary ??= TemporaryFile.write(this.#input());
    return (await this.#temporary).path;
  }

  async remove(): Promise<void> {
    const file = await this.#temporary?.catch(() => undefined);
    await file?.remove();
  }
}
