import { open } from 'node:fs/promises';
import { outputError } from '../../files/output-error.js';
import { fileTarget, type Target } from '../../files/whole-file.js';
import { readFully } from '../../files/whole-io.js';

/** Frames that are held before they are written. */
const BATCH = 500;

/** Writes a row of numbers for each frame of a video; NaN where there is none. The file gets its name when it is complete. */
export class FrameRowsWriter {
  readonly #target: Target;
  readonly #file: string;
  readonly #size: number;
  #held: Float32Array[] = [];

  private constructor(file: string, size: number, target: Target) {
    this.#file = file;
    this.#size = size;
    this.#target = target;
  }

  /** @param size numbers of a row */
  static async create(file: string, size: number): Promise<FrameRowsWriter> {
    return new FrameRowsWriter(file, size, await fileTarget(file, true));
  }

  async add(row: ArrayLike<number> | undefined): Promise<void> {
    this.#held.push(row ? Float32Array.from(row) : new Float32Array(this.#size).fill(Number.NaN));
    if (this.#held.length === BATCH) await this.#flush();
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#target.commit();
  }

  discard(): Promise<void> {
    return this.#target.discard();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#held.map((row) => Buffer.from(row.buffer)));
    this.#held = [];
    const file = await open(this.#target.temporary, 'a');
    try {
      await file.writeFile(bytes);
    } catch (cause) {
      throw outputError(cause, this.#file);
    } finally {
      await file.close();
    }
  }
}

/** Reads the rows of a video's frames in order, one at a time. */
export async function* readFrameRows(
  file: string,
  size: number,
): AsyncGenerator<Float32Array | undefined, void, undefined> {
  const handle = await open(file, 'r');
  try {
    for (let at = 0; ; at += 4 * size) {
      const row = new Float32Array(size);
      if ((await readFully(handle, new Uint8Array(row.buffer), at)) < 4 * size) return;
      yield Number.isNaN(row[0]) ? undefined : row;
    }
  } finally {
    await handle.close();
  }
}
