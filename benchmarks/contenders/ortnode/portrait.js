import { readFile } from 'node:fs/promises';
import { readSafetensors } from '../../../dist/packs/safetensors.js';
import { portraitFile } from '../../fixture-files.js';

/** The run's portrait: arrays of feature, canonical [21, 3] and motion [70]. */
export async function readPortrait(settings) {
  const { tensors } = readSafetensors(await readFile(portraitFile(settings)), (why) => new Error(why));
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { data }]) => [name, Float32Array.from(data)]),
  );
}
