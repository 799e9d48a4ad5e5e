import { SyncJudge } from '../evaluate/sync/sync-judge.js';
import { FaceFinder } from '../face/faces.js';
import { sha256OfFile } from '../files/hash.js';
import { isSystemError } from '../files/output-error.js';
import { notFound } from '../media/input.js';
import { Skipped } from './clip-reader.js';
import type { Dataset } from './dataset.js';
import type { ClipSync } from './shards.js';

/** Which clips are in step, by SyncNet. */
export interface SyncOptions {
  /** The released weights, syncnet_v2.model. */
  syncnet: string;
  /** The most frames by which sound may be early or late. */
  maxOffset: number;
  /** The least confidence. */
  minLseC: number;
  /** The most clips of the dataset: new clips take the free places, the most confident first. Default all. */
  keep?: number | undefined;
}

/** What of these options decides which clips a dataset has. @throws KdtalkerError FILE_NOT_FOUND, ABORTED */
export async function decidedBy(
  { syncnet, maxOffset, minLseC, keep }: SyncOptions,
  signal: AbortSignal | undefined,
): Promise<NonNullable<Dataset['options']['sync']>> {
  const hash = await sha256OfFile(syncnet, { signal, what: 'Reading SyncNet' }).catch((error: unknown) => {
    throw isSystemError(error) ? notFound(syncnet, 'syncnet', 'which cannot be read', error) : error;
  });
  return { syncnet: hash, maxOffset, minLseC, ...(keep !== undefined && { keep }) };
}

/** Leaves out videos whose sound and lips are not in step. */
export class SyncFilter {
  readonly #judge: SyncJudge;
  readonly #finder: FaceFinder;
  readonly #options: SyncOptions;

  private constructor(judge: SyncJudge, finder: FaceFinder, options: SyncOptions) {
    this.#judge = judge;
    this.#finder = finder;
    this.#options = options;
  }

  /** @throws as SyncJudge.open */
  static async open(
    options: SyncOptions,
    { threads, signal }: { threads: number; signal: AbortSignal | undefined },
  ): Promise<SyncFilter> {
    const finder = await FaceFinder.open({ threads });
    try {
      const judge = await SyncJudge.open(options.syncnet, { finder, threads, signal });
      return new SyncFilter(judge, finder, options);
    } catch (error) {
      await finder.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#judge.close(), this.#finder.close()]);
  }

  /** What SyncNet says of a video that is in step. @throws Skipped for others */
  async check(path: string, signal: AbortSignal | undefined): Promise<ClipSync> {
    const { maxOffset, minLseC } = this.#options;
    const scores = await this.#judge.score(path, signal);
    if (!scores) throw new Skipped('no-face');
    const { offset, lseC } = scores;
    if (Math.abs(offset) > maxOffset || !(lseC >= minLseC)) throw new Skipped('out-of-step');
    return { offset, lseC };
  }
}
