import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 } from '../files/hash.js';
import { withFingerprints } from './fingerprint/take.js';
import type { PackManifest, PackRole, RoleName } from './manifest.js';
import { parseManifest } from './pack.js';

/** A network to write: it has bytes instead of size and hash. */
export interface RoleDraft extends Omit<PackRole, 'sha256' | 'bytes' | 'inputs' | 'outputs' | 'fingerprint'> {
  inputs: Record<string, string>;
  outputs: Record<string, string>;
  model: Uint8Array;
}

/** A pack to write. */
export interface PackDraft extends Omit<PackManifest, 'roles'> {
  roles: Partial<Record<RoleName, RoleDraft>>;
}

/**
 * Writes the files of a pack, pack.json last, so that a folder with a pack.json is complete.
 *
 * @param options.fingerprint whether to run the networks for their fingerprints, if the engine can be loaded; default false
 */
export async function writePack(
  directory: string,
  draft: PackDraft,
  { fingerprint = false } = {},
): Promise<PackManifest> {
  const roles = Object.fromEntries(Object.entries(draft.roles).map(([name, role]) => [name, describe(role)]));
  const described = parseManifest({ ...draft, roles }, directory);
  await mkdir(directory, { recursive: true });
  for (const role of Object.values(draft.roles)) await writeModel(join(directory, role.file), role.model);
  const manifest = fingerprint ? await withFingerprints(described, directory) : described;
  await writeFile(join(directory, 'pack.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

function describe({ model, ...role }: RoleDraft) {
  return { ...role, bytes: model.byteLength, sha256: sha256(model) };
}

async function writeModel(file: string, model: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, model);
}
