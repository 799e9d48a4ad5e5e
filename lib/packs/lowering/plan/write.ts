import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from '../../../errors.js';
import { newHash, sha256 } from '../../../files/hash.js';
import { writeFully } from '../../../files/whole-io.js';
import type { WrittenFile } from '../../onnx/index.js';
import { aligned } from './arena.js';
import { planBytes } from './format.js';
import { PLAN_SUFFIX } from './kinds.js';
import type { NetworkPlan } from './plan.js';

/** Options of {@link writeWeights}. */
export interface WriteWeightsOptions {
  signal?: AbortSignal | undefined;
  /** Called after every weight with its number of bytes. */
  onProgress?: ((bytes: number) => void) | undefined;
}

/** Writes a plan. */
export async function writePlan(plan: NetworkPlan, directory: string): Promise<WrittenFile> {
  const file = `${plan.role}${PLAN_SUFFIX}`;
  const bytes = planBytes(plan);
  await writeFile(join(directory, file), bytes);
  return { file, bytes: bytes.byteLength, sha256: sha256(bytes) };
}

/**
 * Writes the weights of a plan's network, the same for each of its plans. Every weight begins at a multiple of the arena's alignment, after
 * zeros; memory holds one at a time.
 */
export async function writeWeights(
  { role, weights: { offsets, tensors, bytes } }: NetworkPlan,
  directory: string,
  { signal, onProgress }: WriteWeightsOptions = {},
): Promise<WrittenFile> {
  const file = `${role}.weights`;
  const hash = newHash();
  const handle = await open(join(directory, file), 'w');
  try {
    for (const [name, stored] of tensors) {
      throwIfAborted(signal, 'Writing the weights of a plan');
      const whole = new Uint8Array(aligned(stored.bytes));
      whole.set(await stored.read());
      hash.update(whole);
      await writeFully(handle, whole, offsets.get(name)!);
      onProgress?.(stored.bytes);
    }
  } finally {
    await handle.close();
  }
  return { file, bytes, sha256: hash.digest('hex') };
}
