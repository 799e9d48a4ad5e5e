import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { orAborted } from '../../abort.js';
import { isSystemError, outputError } from '../../files/output-error.js';
import { inScratchFolder, removeFolder } from '../../files/scratch-folder.js';
import { cacheDirectory, neededCacheDirectory } from '../cache-directory.js';
import type { Pack } from '../pack.js';
import { type LoweredPack, lastUsed, readEntry, sealEntry, touchEntry } from './cache-entry.js';
import { cacheKey, type LoweredFor } from './cache-key.js';
import {
  type LoweredNetwork,
  type PlannedNetwork,
  planLowering,
  type WriteLoweredOptions,
  writeLowered,
} from './lower-pack.js';
import type { LayOutWeights } from './weight-layout.js';

/** The target of lowering, and the function that lays out the weights. */
export interface LoweringTarget extends LoweredFor {
  layOutWeights: LayOutWeights;
}

/** Folder of the cache; default {@link cacheDirectory}. */
export interface CacheOptions extends WriteLoweredOptions {
  directory?: string | undefined;
  /** Checks the pack; called before lowering reads its files, which passes trust. */
  check?: (() => Promise<unknown>) | undefined;
}

const DAY = 24 * 60 * 60 * 1000;
/** Lowered packs unused for this long are removed when another is added. */
const KEPT_FOR = 30 * DAY;

const ADVICE =
  "Name another folder for lowered packs in KDTALKER_CACHE, fill it ahead of time with 'kdtalker packs compile', or load with lowering: false";

/** Running lowerings of this process, by folder: a second talker waits for the first one's result. */
const underWay = new Map<string, Promise<unknown>>();

/** How an entry of the cache is made: what it will have, then its files. */
export interface Making<Planned> {
  /** The entry's name. */
  key: string;
  plan(): Promise<readonly Planned[]>;
  write(planned: readonly Planned[], directory: string): Promise<Record<string, LoweredNetwork>>;
}

/**
 * Returns the lowered form of a pack, from the cache or newly made.
 *
 * @returns undefined, without writing anything, when no pass finds anything to rewrite
 * @throws KdtalkerError OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED
 */
export function loweredPack(
  pack: Pack,
  target: LoweringTarget,
  options: CacheOptions = {},
): Promise<LoweredPack | undefined> {
  const making: Making<PlannedNetwork> = {
    key: cacheKey(pack, target),
    plan: () => plan(pack, target, options),
    write: (planned, directory) => writeLowered(planned, directory, options),
  };
  return cachedEntry(making, options);
}

/**
 * An entry of the cache, found or made. It is written to a temporary folder and renamed at the end, so a folder with the final name is
 * complete, even when other processes make it at the same time. A damaged one is made again.
 *
 * @returns undefined, without writing anything, when nothing is planned
 * @throws KdtalkerError OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED, and what planning throws
 */
export async function cachedEntry<Planned>(
  making: Making<Planned>,
  options: CacheOptions,
): Promise<LoweredPack | undefined> {
  const directory = options.directory ?? cacheDirectory();
  if (directory === undefined) return withoutFolder(making);
  const folder = join(directory, making.key);
  const stoppable = { signal: options.signal, what: 'Waiting for the lowered pack' };
  while (underWay.has(folder))
    await orAborted(
      underWay.get(folder)!.catch(() => undefined),
      stoppable,
    );
  const work = findOrMake(folder, making, options);
  underWay.set(folder, work);
  try {
    return await work;
  } finally {
    underWay.delete(folder);
  }
}

/** A pack with nothing to lower needs no folder. */
async function withoutFolder<Planned>(making: Making<Planned>): Promise<undefined> {
  if ((await making.plan()).length > 0) neededCacheDirectory();
}

/** The networks to write; checks the pack first unless there are none. */
async function plan(
  pack: Pack,
  target: LoweringTarget,
  { check, signal }: CacheOptions,
): Promise<PlannedNetwork[]> {
  const planned = await planLowering(pack, target, signal).catch(async (error) => {
    await check?.(); // an error of the check explains a damaged pack better than an error of a pass
    throw error;
  });
  if (planned.length > 0) await check?.();
  return planned;
}

async function findOrMake<Planned>(
  folder: string,
  making: Making<Planned>,
  options: CacheOptions,
): Promise<LoweredPack | undefined> {
  const found = await readEntry(folder, options.signal);
  if (typeof found === 'object') {
    await touchEntry(folder);
    return found;
  }
  const planned = await making.plan();
  if (!planned.length) return undefined;
  try {
    if (found === 'damaged') await removeFolder(folder);
    const made = await make(folder, (partial) => making.write(planned, partial));
    await prune(dirname(folder), folder);
    return made;
  } catch (error) {
    throw isSystemError(error) ? outputError(error, dirname(folder), ADVICE) : error;
  }
}

async function make(
  folder: string,
  write: (directory: string) => Promise<LoweredPack['networks']>,
): Promise<LoweredPack> {
  return inScratchFolder(folder, async (partial) => {
    const networks = await write(partial);
    await sealEntry(partial, networks);
    return publish(partial, folder, { directory: folder, networks });
  });
}

/** Renames a complete folder; if another process was first, takes its folder when that is complete. */
async function publish(partial: string, folder: string, made: LoweredPack): Promise<LoweredPack> {
  for (;;) {
    try {
      await rename(partial, folder);
      return made;
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    const theirs = await readEntry(folder);
    if (typeof theirs === 'object') return theirs;
    if (theirs === 'damaged') await removeFolder(folder);
  }
}

/** Removes entries that were unused for long; a failure to remove does not fail the caller. */
async function prune(directory: string, keep: string): Promise<void> {
  const now = Date.now();
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (path === keep || !/^[0-9a-f]{64}$/.test(name)) continue;
    if (now - (await lastUsed(path)) > KEPT_FOR)
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
