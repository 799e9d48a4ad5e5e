import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { throwIfAborted } from '../dist/errors.js';
import { expectedWeights } from '../dist/packs/kdtalker/networks.js';
import { LIVEPORTRAIT_FILES } from '../dist/packs/kdtalker/sources.js';
import { writeSafetensors } from '../dist/packs/safetensors.js';
import { formulaWeights } from '../dist/packs/weights/formula.js';

// Files with the names and shapes of the released checkpoints, and weights by formula: input of `packs convert` and PyTorch. They hold the
// same numbers that `packs synthesize` writes into graphs.

const RETARGETING = ['retarget_shoulder', 'retarget_mouth', 'retarget_eye'];

/** A file in the folder, and its networks with the prefixes of their names. */
const FILES = {
  'KDTalker.safetensors': [['kdtalker', '']],
  'wav2lip.safetensors': [['wav2lip_audio_encoder', '']],
  ...Object.fromEntries(LIVEPORTRAIT_FILES.map((name) => [`liveportrait/${name}.safetensors`, [[name, '']]])),
  'liveportrait/stitching_retargeting_module.safetensors': RETARGETING.map((name) => [
    name,
    `${name}.module.`,
  ]),
};

/** Writes all files, 700 MB, into a new folder, which gets its name only when it is complete. */
export async function writeCheckpoints(folder, salt, { progress = () => {}, signal } = {}) {
  const partial = `${folder}.partial-${process.pid}`;
  await mkdir(path.join(partial, 'liveportrait'), { recursive: true });
  try {
    for (const [file, networks] of Object.entries(FILES)) {
      throwIfAborted(signal, 'Making checkpoints');
      progress(`weights: ${file}`);
      await writeFile(path.join(partial, file), writeSafetensors(tensorsOf(networks, salt)));
    }
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

function tensorsOf(networks, salt) {
  const shapes = expectedWeights();
  const weights = formulaWeights(salt);
  const entries = networks.flatMap(([name, prefix]) =>
    shapes[name].map(({ key, dims }) => [prefix + key, { dims, data: weights[name].floats(key, dims) }]),
  );
  return Object.fromEntries(entries);
}

/** The options of `packs convert` for such a folder. */
export function convertOptions(folder) {
  return {
    kdtalker: path.join(folder, 'KDTalker.safetensors'),
    wav2lip: path.join(folder, 'wav2lip.safetensors'),
    liveportrait: path.join(folder, 'liveportrait'),
  };
}
