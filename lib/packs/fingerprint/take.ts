import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { orAborted } from '../../abort.js';
import { native } from '../../binding.js';
import { KdtalkerError, throwIfAborted } from '../../errors.js';
import type { Fingerprint, PackManifest, RoleName } from '../manifest.js';
import { type PackRole, rolesOf } from '../pack.js';
import { describeOutputs } from './describe.js';
import { fingerprintInputs } from './inputs.js';

const RUNNING = 'Running the networks of the pack';

/** Number of networks that have been run. */
export interface FingerprintProgress {
  role: RoleName;
  done: number;
  total: number;
}

/** Options of taking fingerprints. */
export interface FingerprintOptions {
  /** Called before each network and after the last. */
  onProgress?: (progress: FingerprintProgress) => void;
  signal?: AbortSignal;
}

/**
 * Runs a graph once on the CPU, with inputs by formula, and keeps a few numbers of its outputs.
 *
 * @param lengths of the axes that the inputs leave open, in their order; 2 where there are no more
 * @throws KdtalkerError ABORTED, PACK_DAMAGED when ONNX Runtime refuses the file, ADDON_NOT_FOUND, RUNTIME_NOT_FOUND, NATIVE
 */
export function takeFingerprint(
  file: string,
  signal?: AbortSignal,
  lengths: readonly number[] = [],
): Promise<Fingerprint> {
  return orAborted(runOnce(file, lengths), { signal, what: RUNNING });
}

async function runOnce(file: string, lengths: readonly number[]): Promise<Fingerprint> {
  const session = await native().openSession(file, { threads: availableParallelism(), brief: true });
  try {
    return describeOutputs(await session.run(fingerprintInputs(session.inputs, lengths)));
  } finally {
    await session.close();
  }
}

/**
 * Visits the networks of a pack one after the other, so that memory holds one at a time. The largest comes first, before the
 * others fragment the memory.
 *
 * @param visit called with each role's network and its file
 * @throws KdtalkerError ABORTED, and what `visit` throws
 */
export async function visitNetworks(
  manifest: PackManifest,
  directory: string,
  visit: (role: RoleName, file: string) => Promise<void>,
  { onProgress, signal }: FingerprintOptions = {},
): Promise<void> {
  const size = ([, { bytes, data }]: [RoleName, PackRole]) => bytes + (data?.bytes ?? 0);
  const roles = rolesOf(manifest).sort((a, b) => size(b) - size(a));
  const total = roles.length;
  for (const [done, [role, { file }]] of roles.entries()) {
    throwIfAborted(signal, RUNNING);
    onProgress?.({ role, done, total });
    await visit(role, join(directory, file));
    if (done + 1 === total) onProgress?.({ role, done: total, total });
  }
  throwIfAborted(signal, RUNNING);
}

/**
 * Returns the manifest with the fingerprint of every role. Without an engine, as in a build without the addon, it returns the
 * manifest unchanged: a pack without fingerprints is valid.
 *
 * @param directory folder of the files
 */
export async function withFingerprints(
  manifest: PackManifest,
  directory: string,
  options: FingerprintOptions = {},
): Promise<PackManifest> {
  if (!hasEngine()) return manifest;
  const fingerprints = new Map<RoleName, Fingerprint>();
  const visit = async (role: RoleName, file: string) => {
    fingerprints.set(role, await takeFingerprint(file, options.signal));
  };
  await visitNetworks(manifest, directory, visit, options);
  const roles = rolesOf(manifest).map(([name, role]) => [
    name,
    { ...role, fingerprint: fingerprints.get(name)! },
  ]);
  return { ...manifest, roles: Object.fromEntries(roles) as PackManifest['roles'] };
}

function hasEngine(): boolean {
  try {
    native();
    return true;
  } catch (error) {
    const { code } = error as Partial<KdtalkerError>;
    if (error instanceof KdtalkerError && (code === 'ADDON_NOT_FOUND' || code === 'RUNTIME_NOT_FOUND'))
      return false;
    throw error;
  }
}
