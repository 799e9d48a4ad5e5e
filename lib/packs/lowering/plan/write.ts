import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from '../../../errors.js';
import { writeFully } from '../../../files/whole-io.js';
import { planBytes } from './format.js';
import type { Plan } from './plan.js';
import type { Weights } from './weights.js';

/** Names of a network's files in their folder. */
export interface PlanFiles {
  plan: string;
  weights: string;
}

/** Writes a plan and the weights of its network; memory holds one weight at a time. */
export async function writePlan(
  plan: Plan,
  directory: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<PlanFiles> {
  const files = { plan: `${plan.role}.plan`, weights: `${plan.role}.weights` };
  await writeFile(join(directory, files.plan), planBytes(plan));
  await writeWeights(plan.weights, join(directory, files.weights), signal);
  return files;
}

async function writeWeights(
  { offsets, tensors, bytes }: Weights,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.truncate(bytes);
    for (const [name, stored] of tensors) {
      throwIfAborted(signal, 'Writing the weights of a plan');
      await writeFully(handle, await stored.read(), offsets.get(name)!);
    }
  } finally {
    await handle.close();
  }
}
