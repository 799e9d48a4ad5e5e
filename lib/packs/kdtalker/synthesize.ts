import { longCall } from '../../abort.js';
import { invalidArgument } from '../../errors.js';
import type { PackManifest } from '../manifest.js';
import { formulaWeights } from '../weights/formula.js';
import { type WritePackOptions, writeKdtalkerPack } from './write.js';

/** Options of {@link synthesizePack}. */
export interface SynthesizeOptions extends WritePackOptions {
  /** Any text; different texts give different weights. */
  salt: string;
  /** The pack's folder; must be new or empty. */
  directory: string;
}

/**
 * Makes a pack of the published networks at their full size with weights from a formula. It draws noise, but every
 * number is the same on every machine, so it tests and measures the whole chain when the trained weights are not available.
 * The same salt gives the same graphs and weights, byte for byte. About 700 MB and ten seconds on two cores, and eight more
 * to run every network once for its fingerprint.
 *
 * @throws KdtalkerError INVALID_ARGUMENT, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED
 * @example
 * await synthesizePack({ salt: 'golden', directory: 'packs/golden' });
 * const talker = await Talker.load('packs/golden');
 */
export async function synthesizePack({
  salt,
  directory,
  ...options
}: SynthesizeOptions): Promise<PackManifest> {
  if (typeof salt !== 'string') throw invalidArgument('a text', 'salt', salt);
  if (typeof directory !== 'string' || directory === '')
    throw invalidArgument('the path of a folder', 'directory', directory);
  const identity = {
    name: 'kdtalker-synthetic',
    version: '1.0.0',
    description: `The networks of KDTalker and LivePortrait with weights by formula, salt ${JSON.stringify(salt)}: for tests, it draws no faces`,
    licence: { name: 'MIT', nonCommercial: false },
  };
  const write = (signal: AbortSignal) =>
    writeKdtalkerPack(directory, formulaWeights(salt), identity, { ...options, signal });
  return longCall('Writing the pack', [options.signal], write, 'kept');
}
