import { existsSync } from 'node:fs';
import path from 'node:path';
import { readPack, synthesizePack } from '../dist/index.js';
import { neededCacheDirectory } from '../dist/packs/cache-directory.js';
import { writeCheckpoints } from './checkpoints.js';

// The full pack of a run, unless one is named: the published networks at their size with weights by formula, made once on a machine.

const SALT = 'golden';

/** Where they are kept between runs: 700 MB for the pack, as much again for its checkpoints. */
const keptIn = () => path.join(neededCacheDirectory(), 'bench');

/**
 * The packs that workloads ask for, by the workloads' words, with the checkpoints that PyTorch and `packs convert` need of them.
 *
 * @param needed 'puppet', 'full'
 * @returns {puppet: {pack}, full: {pack, checkpoints}}; folders and names. Checkpoints are undefined for a pack that was named
 *   without any.
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
