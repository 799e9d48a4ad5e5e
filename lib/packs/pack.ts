import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { invalidArgument, KdtalkerError } from '../errors.js';
import { sha256 } from '../files/hash.js';
import { BUILT_IN, checkInstalled } from '../installed.js';
import type { PackManifest, PackRole, RoleName } from './manifest.js';
import { packSchema } from './schema.js';

export type { FaceRole, LandmarkRule, PackFace, PackManifest, PackRole, RoleName } from './manifest.js';

/** A pack on the disk with a valid pack.json. Its files have not been checked: see `checkPack` and `verifyPack`. */
export interface Pack {
  /** Absolute path of the folder. */
  directory: string;
  manifest: PackManifest;
  /** Absolute path of the ONNX file of a role; throws INVALID_ARGUMENT for a role the pack does not have. */
  file(role: RoleName): string;
}

const MANIFEST = 'pack.json';

/**
 * Reads pack.json of a built-in pack, by its name, or of a folder.
 *
 * @param nameOrDirectory a name such as 'puppet'; anything else, or with a separator in it, is a path
 * @throws KdtalkerError PACK_NOT_FOUND, PACK_INVALID
 */
export async function readPack(nameOrDirectory: string): Promise<Pack> {
  if (typeof nameOrDirectory !== 'string' || nameOrDirectory === '')
    throw invalidArgument('the name or folder of a pack', 'pack', nameOrDirectory);
  const directory = await findPack(nameOrDirectory);
  const manifest = parseManifest(await readManifest(directory), directory);
  return { directory, manifest, file: (role) => join(directory, roleOf(manifest, role).file) };
}

/** The packs that come with the library, in the order of their names. */
export async function listPacks(): Promise<Pack[]> {
  return Promise.all((await builtInNames()).map((name) => readPack(name)));
}

/** The roles that a pack has, with their files. */
export function rolesOf(manifest: PackManifest): [RoleName, PackRole][] {
  return Object.entries(manifest.roles).filter(([, role]) => role !== undefined) as [RoleName, PackRole][];
}

/** One role of a pack; throws INVALID_ARGUMENT for a role the pack does not have. */
export function roleOf<R extends RoleName>(
  manifest: PackManifest,
  role: R,
): NonNullable<PackManifest['roles'][R]> {
  const found = manifest.roles[role];
  if (found) return found as NonNullable<PackManifest['roles'][R]>;
  const has = rolesOf(manifest).map(([known]) => known);
  throw invalidArgument(`one of ${has.join(', ')}`, `role of pack ${manifest.name}`, role);
}

/** Names the network of a role: SHA-256 of its ONNX file, and of the file of its weights where they lie in another one. */
export function hashOfRole({ sha256: file, data }: PackRole): string {
  return data ? sha256(file, data.sha256) : file;
}

/** Names a pack by all that its manifest says, the hashes of its files among it. Names and versions may be those of other packs, too. */
export function hashOfManifest(manifest: PackManifest): string {
  return sha256(JSON.stringify(manifest));
}

async function findPack(nameOrDirectory: string): Promise<string> {
  const names = await builtInNames();
  if (names.includes(nameOrDirectory)) return join(BUILT_IN, nameOrDirectory);
  const directory = isAbsolute(nameOrDirectory) ? nameOrDirectory : resolve(nameOrDirectory);
  if (existsSync(join(directory, MANIFEST))) return directory;
  if (names.length === 0) checkInstalled(join(BUILT_IN, 'puppet'));
  throw new KdtalkerError(
    'PACK_NOT_FOUND',
    `Expected a pack for '${nameOrDirectory}' but found neither one of that name nor ${join(directory, MANIFEST)}. ` +
      `Packs that are here: ${names.join(', ')}`,
  );
}

async function builtInNames(): Promise<string[]> {
  const entries = await readdir(BUILT_IN, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return folders.filter((folder) => existsSync(join(BUILT_IN, folder, MANIFEST))).sort();
}

async function readManifest(directory: string): Promise<unknown> {
  const file = join(directory, MANIFEST);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new KdtalkerError('PACK_NOT_FOUND', `Expected a readable file at ${file} but it cannot be read`, {
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KdtalkerError('PACK_INVALID', `Expected JSON in ${file} but received other text`, { cause });
  }
}

/** Validates the contents of a pack.json; `source` names it in errors. Throws PACK_INVALID. */
export function parseManifest(json: unknown, source: string): PackManifest {
  const result = packSchema.safeParse(json);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 5);
  const list = issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`).join('; ');
  throw new KdtalkerError('PACK_INVALID', `Expected a valid ${MANIFEST} in ${source} but received ${list}`, {
    cause: result.error,
  });
}
