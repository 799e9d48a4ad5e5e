import { existsSync } from 'node:fs';
import path from 'node:path';
import { readPack, synthesizePack } from '../dist/index.js';
import { neededCacheDirectory } from '../dist/packs/cache-directory.js';
import { writeCheckpoints } from './checkpoints.js';

// The full pack of a run, unless one is named: the published networks at their size with weights by formula, made once per machine.

const SALT = 'golden';

/** The cache folder: 700 MB for the pack, the same for its checkpoints. */
const keptIn = () => path.join(neededCacheDirectory(), 'bench');

/**
 * The packs that workloads need, by the workloads' words, with their checkpoints for PyTorch and `packs convert`.
 *
 * @param needed 'puppet', 'full'
 * @returns {puppet: {pack}, full: {pack, checkpoints}}; folders and names. Checkpoints are undefined for a pack that was named without any.
 */
export async function findPacks(needed, options, progress) {
  const packs = { puppet: { pack: 'puppet' } };
  if (needed.includes('full')) packs.full = await fullPack(options, progress);
  return packs;
}

async function fullPack({ pack, checkpoints, signal }, progress) {
  if (pack !== undefined) return { pack: (await readPack(pack)).directory, checkpoints };
  const directory = path.join(keptIn(), SALT);
  if (!existsSync(directory)) {
    progress(`making the full pack in ${directory}, 700 MB, once`);
    await synthesizePack({ salt: SALT, directory, signal });
  }
  const kept = checkpoints ?? `${directory}-checkpoints`;
  if (!existsSync(kept)) {
    progress(`making its checkpoints in ${kept}, 700 MB, once`);
    await writeCheckpoints(kept, SALT, { progress, signal });
  }
  return { pack: directory, checkpoints: kept };
}
