import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { throwIfAborted } from '../dist/errors.js';
import { expectedWeights } from '../dist/packs/kdtalker/networks.js';
import { LIVEPORTRAIT_FILES } from '../dist/packs/kdtalker/sources.js';
import { writeSafetensors } from '../dist/packs/safetensors.js';
import { formulaWeights } from '../dist/packs/weights/formula.js';

// Files of the released checkpoints' names and shapes with weights by formula: what `packs convert` is measured with and what
// PyTorch reads. They hold the numbers that `packs synthesize` writes into graphs.

const RETARGETING = ['retarget_shoulder', 'retarget_mouth', 'retarget_eye'];

/** File below the folder, and its networks with what stands before their names. */
const FILES = {
  'KDTalker.safetensors': [['kdtalker', '']],
  'wav2lip.safetensors': [['wav2lip_audio_encoder', '']],
  ...Object.fromEntries(LIVEPORTRAIT_FILES.map((name) => [`liveportrait/${name}.safetensors`, [[name, '']]])),
  'liveportrait/stitching_retargeting_module.safetensors': RETARGETING.map((name) => [
    name,
    `${name}.module.`,
  ]),
};

/** Writes all files, 700 MB, into a new folder, which has its name only once all are there. */
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

/** What `packs convert` takes of such a folder. */
export function convertOptions(folder) {
  return {
    kdtalker: path.join(folder, 'KDTalker.safetensors'),
    wav2lip: path.join(folder, 'wav2lip.safetensors'),
    liveportrait: path.join(folder, 'liveportrait'),
  };
}
