import type { FileHandle } from 'node:fs/promises';
import { KdtalkerError } from '../errors.js';
import { outputError } from '../files/output-error.js';
import { openTemporaryFile } from '../files/temporary-file.js';
import type { TemporaryPath } from '../files/temporary-path.js';
import { readFully, writeFully } from '../files/whole-io.js';
import type { Picture } from '../picture.js';
import { loadSharp } from '../sharp.js';

/** JPEG that looks like the original: 40 dB and more, a tenth of the pixels' bytes. */
const JPEG = { quality: 97, chromaSubsampling: '4:4:4' } as const;

/** Removes the file of a store that was garbage-collected without close(). */
const dropped = new FinalizationRegistry<() => void>((remove) => remove());

/**
 * Pictures of one size in a temporary file, for reading in any order: a video played backwards, or repeatedly, without holding it in memory
 * or decoding it from its start each time. Pictures are first written in order, then read by any number of callers.
 */
export class FrameStore {
  readonly #file: TemporaryPath;
  readonly #handle: FileHandle;
  /** The offset of each picture, and the end of the last one. */
  readonly #offsets = [0];
  #closing: Promise<void> | undefined;

  private constructor(file: TemporaryPath, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
    dropped.register(this, () => void remove(handle, file), this);
  }

  /** @throws OUTPUT_UNWRITABLE (of the system's temporary folder), OUTPUT_DISK_FULL */
  static async create(): Promise<FrameStore> {
    const { place, handle } = await openTemporaryFile('frames');
    return new FrameStore(place, handle);
  }

  /** The number of added pictures. */
  get length(): number {
    return this.#offsets.length - 1;
  }

  /** Adds a picture at the end; one call at a time. @throws OUTPUT_DISK_FULL, OUTPUT_UNWRITABLE, CLOSED */
  async add({ data, width, height }: Picture): Promise<void> {
    this.#check();
    const sharp = await loadSharp();
    const bytes = await sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
      .jpeg(JPEG)
      .toBuffer();
    const at = this.#offsets.at(-1)!;
    await writeFully(this.#handle, bytes, at).catch((cause: unknown) => {
      throw outputError(cause, this.#file.path);
    });
    this.#offsets.push(at + bytes.length);
  }

  /** Returns a picture by its number. @throws CLOSED, FILE_NOT_FOUND if the file was truncated by another process */
  async read(index: number): Promise<Picture> {
    this.#check();
    const [begin, end] = [this.#offsets[index]!, this.#offsets[index + 1]!];
    const bytes = new Uint8Array(end - begin);
    const there = await readFully(this.#handle, bytes, begin);
    if (there < bytes.length) throw cut(this.#file.path, end, begin + there);
    const sharp = await loadSharp();
    const { data, info } = await sharp(bytes, { limitInputPixels: false })
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  }

  /** Removes the file. May be called twice; not while pictures are read. */
  close(): Promise<void> {
    dropped.unregister(this);
    this.#closing ??= remove(this.#handle, this.#file);
    return this.#closing;
  }

  #check(): void {
    if (this.#closing) throw new KdtalkerError('CLOSED', 'Expected open frames but they were closed');
  }
}

function cut(path: string, expected: number, received: number): KdtalkerError {
  return new KdtalkerError(
    'FILE_NOT_FOUND',
    `Expected ${expected} bytes of pictures in '${path}' but received ${received}: another program shortened the file. ` +
      'Open the source video again with talker.sourceVideo()',
  );
}

async function remove(handle: FileHandle, file: TemporaryPath): Promise<void> {
  await handle.close();
  await file.remove();
}
