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

/** How many networks have been run. */
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
 * Runs a graph once on the CPU, with inputs by formula, and keeps a few numbers of what it gives.
 *
 * @throws KdtalkerError ABORTED, PACK_DAMAGED where ONNX Runtime refuses the file, ADDON_NOT_FOUND, RUNTIME_NOT_FOUND, NATIVE
 */
export function takeFingerprint(file: string, signal?: AbortSignal): Promise<Fingerprint> {
  return orAborted(runOnce(file), { signal, what: RUNNING });
}

async function runOnce(file: string): Promise<Fingerprint> {
  const session = await native().openSession(file, { threads: availableParallelism(), brief: true });
  try {
    return describeOutputs(await session.run(fingerprintInputs(session.inputs)));
  } finally {
    await session.close();
  }
}

/**
 * Goes through the networks of a pack one after the other, so that no two are in memory at once, and the largest first, before the
 * others have left memory in pieces.
 *
 * @param visit what is done with each role's network, by its file
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
 * The manifest with the fingerprint of every role. Where there is no engine, as in a build without the addon, it stays as it
 * is: a pack without fingerprints is a whole one.
 *
 * @param directory where the files are
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
