import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outputError } from '../../files/output-error.js';
import { loadSharp } from '../../sharp.js';
import type { Encoder, VideoFormat, VideoSpec } from './format.js';

/** Pictures compressed at once: enough to overlap with rendering, and at most half of libuv's threads. */
const AT_ONCE = 2;

/** One PNG per frame, encoded by sharp: needs no ffmpeg. */
export const png: VideoFormat = {
  name: 'png',
  pixelFormat: 'rgb24',
  transparentFormat: 'rgba',
  sound: false,
  open: (target, name, spec) => new PngEncoder(target as string, name, spec), // a folder
};

/** The temporary name of a frame inside the target folder. */
export function frameName(index: number): string {
  return `${index}.png`;
}

class PngEncoder implements Encoder {
  readonly #folder: string;
  readonly #name: string;
  readonly #spec: VideoSpec;
  readonly #pending: Promise<void>[] = [];
  #index = 0;
  #aborted = false;

  constructor(folder: string, name: string, spec: VideoSpec) {
    this.#folder = folder;
    this.#name = name;
    this.#spec = spec;
  }

  async write(frame: Uint8Array): Promise<void> {
    const work = this.#save(frame.slice(), join(this.#folder, frameName(this.#index++)));
    // The error is thrown when this picture is awaited; until then it must not count as unhandled.
    work.catch(() => {});
    this.#pending.push(work);
    if (this.#pending.length >= AT_ONCE) await this.#pending.shift();
  }

  async finish(): Promise<void> {
    while (this.#pending.length > 0) await this.#pending.shift();
  }

  async abort(): Promise<void> {
    this.#aborted = true;
    await Promise.allSettled(this.#pending);
  }

  async #save(pixels: Uint8Array, file: string): Promise<void> {
    const { width, height, pixelFormat } = this.#spec;
    const channels = pixelFormat === 'rgba' ? 4 : 3;
    const sharp = await loadSharp();
    // Level 3 takes half the time of the default 6 for a tenth more bytes.
    const image = sharp(pixels, { raw: { width, height, channels } }).png({ compressionLevel: 3 });
    const bytes = await image.toBuffer();
    if (this.#aborted) return;
    await writeFile(file, bytes).catch((cause: unknown) => {
      throw outputError(cause, this.#name);
    });
  }
}
