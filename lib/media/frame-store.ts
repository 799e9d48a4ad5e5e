import { KdtalkerError } from '../errors.js';
import { PieceFile } from '../files/piece-file.js';
import type { Picture } from '../picture.js';
import { loadSharp } from '../sharp.js';

/** JPEG that looks like the original: 40 dB and more, a tenth of the pixels' bytes. */
const JPEG = { quality: 97, chromaSubsampling: '4:4:4' } as const;

/**
 * Pictures of one size in a temporary file, for reading in any order: a video played backwards, or repeatedly, without holding it in memory
 * or decoding it from its start each time. Pictures are first written in order, then read by any number of callers.
 */
export class FrameStore {
  readonly #file: PieceFile;

  private constructor(file: PieceFile) {
    this.#file = file;
  }

  /** @throws OUTPUT_UNWRITABLE (of the system's temporary folder), OUTPUT_DISK_FULL */
  static async create(): Promise<FrameStore> {
    return new FrameStore(
      await PieceFile.create('frames', 'Open the source video again with talker.sourceVideo()'),
    );
  }

  /** The number of added pictures. */
  get length(): number {
    return this.#file.length;
  }

  /** Adds a picture at the end; one call at a time. @throws OUTPUT_DISK_FULL, OUTPUT_UNWRITABLE, CLOSED */
  async add({ data, width, height }: Picture): Promise<void> {
    this.#check();
    const sharp = await loadSharp();
    const bytes = await sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
      .jpeg(JPEG)
      .toBuffer();
    await this.#file.add(bytes);
  }

  /** Returns a picture by its number. @throws CLOSED, FILE_NOT_FOUND if the file was truncated by another process */
  async read(index: number): Promise<Picture> {
    this.#check();
    const bytes = await this.#file.read(index);
    const sharp = await loadSharp();
    const { data, info } = await sharp(bytes, { limitInputPixels: false })
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  }

  /** Removes the file. May be called twice; not while pictures are read. */
  close(): Promise<void> {
    return this.#file.close();
  }

  #check(): void {
    if (this.#file.closed) throw new KdtalkerError('CLOSED', 'Expected open frames but they were closed');
  }
}
