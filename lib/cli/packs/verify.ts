import { basename, join } from 'node:path';
import { type Pack, type PackRole, readPack, rolesOf } from '../../packs/pack.js';
import { type CheckedFile, verifyPack } from '../../packs/verify.js';
import { bytes, table } from '../layout.js';
import type { Reporter } from '../report/reporter.js';

/** `kdtalker packs verify`. @throws PACK_NOT_FOUND, PACK_INVALID, PACK_DAMAGED for the first file that differs, ABORTED */
export async function verify(name: string, reporter: Reporter, signal: AbortSignal): Promise<void> {
  const pack = await readPack(name);
  const { manifest, directory } = pack;
  const files = await verifyPack(pack, {
    signal,
    onProgress: ({ done, total }) => reporter.progress({ stage: 'check', done, total, fps: 0 }),
  });
  const roles = rolesOf(manifest);
  const fingerprints = roles.filter(([, role]) => role.fingerprint !== undefined).length;
  const listed = files.flatMap((checked) => withData(pack, checked));
  const rows = listed.map(({ role, file, bytes: size }) => [role, basename(file), bytes(size), 'ok']);
  const data = listed.map((entry) => ({ ...entry, ok: true }));
  reporter.result(
    (paint) => [
      ...table([['NETWORK', 'FILE', 'SIZE', 'CHECKED'], ...rows]).map((line) =>
        line.replace(/ok$/, paint('good', 'ok')),
      ),
      `${manifest.name} ${manifest.version}: all ${listed.length} files are as pack.json says`,
      numbersLine(fingerprints, roles.length),
    ],
    { pack: manifest.name, version: manifest.version, directory, files: data, fingerprints },
  );
}

/** Packs have no fingerprints if an earlier version made them, or if no engine was available. */
function numbersLine(fingerprints: number, networks: number): string {
  if (fingerprints === 0)
    return 'The numbers of its networks were not compared: pack.json has no fingerprints';
  return `${fingerprints} of ${networks} networks give the numbers of their fingerprints`;
}

/** A graph, and its weights if they have their own file, which was checked with it. */
function withData(
  { manifest, directory }: Pack,
  { role, file, bytes: size, sha256 }: CheckedFile,
): CheckedFile[] {
  const data = new Map<string, PackRole>(rolesOf(manifest)).get(role)?.data;
  const graph = { role, file, bytes: size, sha256 };
  return data ? [graph, { role, ...data, file: join(directory, data.file) }] : [graph];
}
