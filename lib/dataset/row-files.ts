import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { writeWholeFile } from '../files/whole-file.js';
import { ClipReader, type OnFrame, Skipped, type SkipReason } from './clip-reader.js';
import type { Dataset } from './dataset.js';
import { bytesOfRows, type ClipRows, type ClipSync, readRows } from './shards.js';
import { SyncFilter, type SyncOptions } from './sync-filter.js';
import type { Video } from './videos.js';

/** How clips are read. */
export interface ReadingOptions {
  pack: string;
  options: Dataset['options'];
  sync: SyncOptions | undefined;
  device: string;
  signal: AbortSignal | undefined;
  onFrame: OnFrame;
}

/** A clip whose rows lie in a file of their own. */
export interface ReadClip {
  frames: number;
  sync: ClipSync | undefined;
}

/** The clips of a call, each in a file of its own until the shards are written: a call that was stopped goes on after them. */
export class RowFiles {
  readonly #folder: string;
  readonly #reading: ReadingOptions;
  #reader: ClipReader | undefined;
  #filter: SyncFilter | undefined;

  /** Opens the networks when the first video needs them: a call that has nothing to do is quick. */
  constructor(folder: string, reading: ReadingOptions) {
    this.#folder = folder;
    this.#reading = reading;
  }

  /** Reads a video, unless an earlier call has. @returns why there are no rows, if there are none */
  async add({ path }: Video, hash: string): Promise<ReadClip | SkipReason> {
    const file = this.#fileOf(hash);
    const kept = await readRows(file).catch(() => undefined);
    if (kept) return { frames: kept.frames, sync: kept.sync };
    try {
      const rows = await this.#read(path);
      await writeWholeFile(file, bytesOfRows(rows), this.#reading.signal);
      return { frames: rows.frames, sync: rows.sync };
    } catch (error) {
      if (error instanceof Skipped) return error.reason;
      throw error;
    }
  }

  /** The rows of a clip. @throws KdtalkerError DATASET_INVALID */
  rows(hash: string): Promise<ClipRows> {
    return readRows(this.#fileOf(hash));
  }

  async close(): Promise<void> {
    await Promise.all([this.#reader?.close(), this.#filter?.close()]);
  }

  #fileOf(hash: string): string {
    return join(this.#folder, `${hash}.safetensors`);
  }

  async #read(path: string): Promise<ClipRows> {
    const { pack, options, sync, device, signal, onFrame } = this.#reading;
    const threads = availableParallelism();
    this.#reader ??= await ClipReader.open(pack, options, { threads, device, signal });
    const rows = await this.#reader.read(path, signal, onFrame);
    if (!sync) return rows;
    this.#filter ??= await SyncFilter.open(sync, { threads, signal });
    return { ...rows, sync: await this.#filter.check(path, signal) };
  }
}
