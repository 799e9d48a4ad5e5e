import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../files/hash.js';
import { orOutputError } from '../../files/output-error.js';
import { writeWholeFile } from '../../files/whole-file.js';
import { FEATURES } from '../judged/feature-network.js';
import { FeatureSums } from '../judged/frechet.js';
import type { Unit } from './journal.js';

/**
 * The sums of Inception's features for each method, on the disk after every video, 17 MB each. The name of a file says of which videos it is.
 * It is written before the video's lines in results.jsonl, and the one before it is removed after them: a process that is killed in between
 * leaves both, and the next one finds the one that it needs.
 */
export class FidStore {
  readonly #folder: string;
  readonly #sums = new Map<string, FeatureSums>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads what earlier runs left of these videos. @returns false if they have to be seen again */
  async load(method: string, units: readonly Unit[]): Promise<boolean> {
    const seen = seenOf(method, units);
    if (seen.length === 0) {
      this.#sums.set(method, new FeatureSums(FEATURES));
      return true;
    }
    const bytes = await readFile(this.#file(method, seen)).catch(() => undefined);
    const sums = bytes && FeatureSums.restored(FEATURES, bytes);
    if (sums) this.#sums.set(method, sums);
    return sums !== undefined;
  }

  /** Sums of a method to which a video can be added; they count only after {@link save}. */
  begin(method: string): FeatureSums {
    const known = this.#sums.get(method);
    return (known && FeatureSums.restored(FEATURES, known.bytes())) ?? new FeatureSums(FEATURES);
  }

  /** @param units all that were measured, this video among them @throws OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL */
  async save(method: string, sums: FeatureSums, units: readonly Unit[]): Promise<void> {
    this.#sums.set(method, sums);
    await orOutputError(mkdir(this.#folder, { recursive: true }), this.#folder);
    await writeWholeFile(this.#file(method, seenOf(method, units)), sums.bytes());
  }

  /** Removes older files of a method. */
  async settle(method: string, units: readonly Unit[]): Promise<void> {
    const current = this.#file(method, seenOf(method, units));
    const own = new RegExp(`^${method}-[0-9a-f]{16}\\.sums$`);
    for (const name of await readdir(this.#folder).catch(() => []))
      if (own.test(name) && join(this.#folder, name) !== current)
        await rm(join(this.#folder, name), { force: true });
  }

  /** The sums of a method; undefined before {@link load}. */
  sumsOf(method: string): FeatureSums | undefined {
    return this.#sums.get(method);
  }

  #file(method: string, seen: readonly Unit[]): string {
    const videos = seen.map(({ clip, sha256: hash, frames }) => [clip, hash, frames]);
    return join(this.#folder, `${method}-${sha256(JSON.stringify(videos)).slice(0, 16)}.sums`);
  }
}

/** Videos of a method whose frames count. */
function seenOf(method: string, units: readonly Unit[]): Unit[] {
  return units.filter((unit) => unit.method === method && unit.frames > 0);
}
