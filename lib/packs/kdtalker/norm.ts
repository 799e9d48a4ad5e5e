import { KdtalkerError } from '../../errors.js';
import { type Checkpoint, openCheckpoint } from '../checkpoint/index.js';
import type { PackManifest } from '../manifest.js';
import { STATISTICS } from './statistics.js';

type Statistics = PackManifest['statistics'];
type Part = keyof Statistics;

/**
 * Reads the statistics of motion as KDTalker's training writes them: `norm.npz` with `yaw_mean`, `yaw_std` and so on.
 *
 * @throws KdtalkerError FILE_NOT_FOUND, CHECKPOINT_INVALID
 */
export async function readStatistics(file: string): Promise<Statistics> {
  const archive = await openCheckpoint(file);
  try {
    const parts: [Part, Statistics[Part]][] = [];
    for (const part of Object.keys(STATISTICS) as Part[]) {
      const mean = await readArray(archive, part, 'mean');
      parts.push([part, { mean, std: await readArray(archive, part, 'std') }]);
    }
    return Object.fromEntries(parts) as Statistics;
  } finally {
    await archive.close();
  }
}

/** Numbers of any shape: numpy stores a mean of angles as a scalar or as a list of one element. */
async function readArray(archive: Checkpoint, part: Part, kind: 'mean' | 'std'): Promise<number[]> {
  const name = `${part}_${kind}`;
  const count = STATISTICS[part].mean.length;
  const info = archive.tensors.get(name);
  if (info?.dims.reduce((product, dim) => product * dim, 1) !== count)
    throw invalid(archive, name, `${count} numbers`, info ? `dims [${info.dims}]` : 'none');
  const values = [...(await archive.floats(name))];
  const isFine = (value: number) => Number.isFinite(value) && (kind === 'mean' || value > 0);
  if (!values.every(isFine))
    throw invalid(archive, name, kind === 'mean' ? 'finite numbers' : 'positive numbers', 'others');
  return values;
}

function invalid({ file }: Checkpoint, name: string, expected: string, received: string): KdtalkerError {
  return new KdtalkerError(
    'CHECKPOINT_INVALID',
    `Expected ${expected} for ${name} but received ${received} (in ${file})`,
  );
}
