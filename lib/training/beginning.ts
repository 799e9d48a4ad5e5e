import { join } from 'node:path';
import { writeWholeFile } from '../files/whole-file.js';
import { expectedWeights } from '../packs/kdtalker/networks.js';
import { STATISTICS } from '../packs/kdtalker/statistics.js';
import { StoredWeights } from '../packs/kdtalker/stored-weights.js';
import { type TensorToStore, writeSafetensors } from '../packs/safetensors.js';

/** What a training begins with, for the trainer. */
export interface Beginning {
  /** A checkpoint of our training, or the released network alone. */
  checkpoint: string;
  /** Whether the checkpoint says how motion was normalised for it. */
  hasStatistics: boolean;
}

const GRAPHS = ['condition', 'time', 'denoiser'] as const;

/**
 * The trainer reads plain tensors only. So the denoiser of a released checkpoint, which may hold objects of other programs and other
 * networks, is written into `folder`; a checkpoint of our training stays where it is.
 *
 * @throws KdtalkerError FILE_NOT_FOUND, CHECKPOINT_INVALID, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED
 */
export async function beginningOf(
  file: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Beginning> {
  const stored = await StoredWeights.open(new Map([['kdtalker', file]]));
  try {
    const { place, statistics } = stored.trained!;
    if (place !== undefined) return { checkpoint: file, hasStatistics: statistics !== undefined };
    const checkpoint = join(folder, 'released.safetensors');
    await writeWholeFile(checkpoint, writeSafetensors(await denoiserOf(stored, signal)), signal);
    return { checkpoint, hasStatistics: false };
  } finally {
    await stored.close();
  }
}

async function denoiserOf(
  stored: StoredWeights,
  signal: AbortSignal | undefined,
): Promise<Record<string, TensorToStore>> {
  const tensors: Record<string, TensorToStore> = {};
  for (const graph of GRAPHS) {
    await stored.load(graph, signal);
    for (const { key, dims } of expectedWeights([graph]).kdtalker)
      tensors[key] = { dims, data: new Float32Array(stored.weights.kdtalker.floats(key, dims)) };
  }
  return tensors;
}

/** Writes the published statistics for the trainer. @returns their file */
export async function publishedStatistics(folder: string): Promise<string> {
  const file = join(folder, 'statistics.json');
  await writeWholeFile(file, JSON.stringify(STATISTICS));
  return file;
}
