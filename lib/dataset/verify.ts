import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quote, throwIfAborted } from '../errors.js';
import { sha256 } from '../files/hash.js';
import { type Dataset, invalid, type MotionStatistics, readDataset } from './dataset.js';
import { rowsOfBytes } from './shards.js';
import { statisticsOf } from './statistics.js';

/** Progress of {@link verifyDataset}. */
export interface VerifyOptions {
  signal?: AbortSignal | undefined;
  onShard?: ((done: number, total: number) => void) | undefined;
}

/**
 * Compares every shard with its hash, and the statistics with those of the clips; checks that all numbers are finite and that no speaker
 * is in both splits.
 *
 * @throws KdtalkerError DATASET_INVALID, ABORTED
 */
export async function verifyDataset(
  folder: string,
  { signal, onShard }: VerifyOptions = {},
): Promise<Dataset> {
  const dataset = await readDataset(folder);
  for (const [done, shard] of dataset.shards.entries()) {
    throwIfAborted(signal, 'Checking the dataset');
    await checkShard(folder, shard);
    onShard?.(done + 1, dataset.shards.length);
  }
  checkClips(dataset);
  if (dataset.clips.length > 0)
    compareStatistics(dataset.statistics, await statisticsOf(folder, dataset.clips));
  return dataset;
}

async function checkShard(
  folder: string,
  { file, sha256: hash, frames }: Dataset['shards'][number],
): Promise<void> {
  const path = join(folder, file);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw invalid(`Expected a readable file at ${quote(path)} but it cannot be read`, cause);
  });
  if (sha256(bytes) !== hash)
    throw invalid(`Expected the hash ${hash} for ${quote(path)} but received another`);
  const rows = rowsOfBytes(bytes, path);
  if (rows.frames !== frames)
    throw invalid(`Expected ${frames} rows in ${quote(path)} but received ${rows.frames}`);
  for (const [name, values] of Object.entries(rows))
    if (values instanceof Float32Array && !values.every(Number.isFinite))
      throw invalid(`Expected finite numbers for ${name} in ${quote(path)} but received others`);
}

function checkClips({ clips, shards }: Dataset): void {
  const sizes = new Map(shards.map(({ file, frames }) => [file, frames]));
  const splits = new Map<string, string>();
  for (const { name, speaker, split, shard, start, frames } of clips) {
    if (start + frames > (sizes.get(shard) ?? 0))
      throw invalid(`Expected the rows of ${name} in ${shard} but it has fewer`);
    if ((splits.get(speaker) ?? split) !== split)
      throw invalid(`Expected one split for the speaker ${speaker} but received both`);
    splits.set(speaker, split);
  }
}

/** The sums of other orders differ in the last digits. */
function compareStatistics(kept: MotionStatistics, counted: MotionStatistics): void {
  for (const part of Object.keys(counted) as (keyof MotionStatistics)[])
    for (const kind of ['mean', 'std'] as const)
      for (const [i, value] of counted[part][kind].entries())
        if (!(Math.abs(value - (kept[part][kind][i] ?? Number.NaN)) <= 1e-9 * (1 + Math.abs(value))))
          throw invalid(
            `Expected ${value} for ${kind} ${i} of ${part} in the statistics but received ${kept[part][kind][i]}`,
          );
}
