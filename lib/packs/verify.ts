import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { longCall, orAborted } from '../abort.js';
import { native } from '../binding.js';
import { KdtalkerError } from '../errors.js';
import { hashFile } from '../files/hash.js';
import { faceMismatch, facesOf } from './faces.js';
import { findDifference } from './fingerprint/compare.js';
import { type FingerprintOptions, takeFingerprint, visitNetworks } from './fingerprint/take.js';
import { nativeTalkerOptions } from './native-options.js';
import { type ModelInfo, readModel } from './onnx/index.js';
import { type FaceRole, type Pack, type PackRole, type RoleName, rolesOf } from './pack.js';

/** A file that was read completely and matches pack.json. */
export interface CheckedFile {
  /** The network's role: one of `roles`, or of `faces`. */
  role: RoleName | FaceRole;
  file: string;
  bytes: number;
  sha256: string;
}

/** A verified network with the description in its graph. */
export interface VerifiedFile extends CheckedFile {
  model: ModelInfo;
}

/** Options of the checks. */
export interface CheckOptions {
  signal?: AbortSignal;
}

/**
 * Compares size and SHA-256 of every file with pack.json; as fast as the disk, with one small buffer.
 * Loading a talker does this check.
 *
 * @throws KdtalkerError PACK_DAMAGED for the first file that differs, ABORTED
 */
export async function checkPack(pack: Pack, options: CheckOptions = {}): Promise<CheckedFile[]> {
  const checked: CheckedFile[] = [];
  const hashes = new Map<string, Measure>();
  for (const [role, description] of rolesOf(pack.manifest)) {
    const path = join(pack.directory, description.file);
    const found = hashes.get(path) ?? (await measure(path, description, options.signal));
    hashes.set(path, found);
    compare(path, description, found);
    if (description.data) await checkData(pack, description.data, options.signal);
    checked.push({ role, file: path, ...found });
  }
  return [...checked, ...(await checkFaces(pack, options.signal))];
}

async function checkFaces(pack: Pack, signal: AbortSignal | undefined): Promise<CheckedFile[]> {
  const checked: CheckedFile[] = [];
  for (const [role, network] of facesOf(pack.manifest)) {
    const path = join(pack.directory, network.file);
    const found = await measure(path, network, signal);
    compare(path, network, found);
    checked.push({ role, file: path, ...found });
  }
  return checked;
}

/**
 * Runs {@link verifyGraphs}, checks that the networks fit each other and pack.json as a talker requires, and compares every network
 * with its fingerprint in pack.json. It runs each such network once on the CPU, one after the other, which takes up to ten seconds
 * and 1.2 GB of memory for a pack of the full size.
 *
 * @throws KdtalkerError PACK_DAMAGED, PACK_INVALID, ABORTED, ADDON_NOT_FOUND, RUNTIME_NOT_FOUND
 */
export async function verifyPack(pack: Pack, options: FingerprintOptions = {}): Promise<VerifiedFile[]> {
  return longCall('Checking the pack', [options.signal], (signal) => verifyAll(pack, { ...options, signal }));
}

async function verifyAll(pack: Pack, options: FingerprintOptions): Promise<VerifiedFile[]> {
  const verified = await verifyGraphs(pack, options);
  const { signal } = options;
  await orAborted(native().checkModel(nativeTalkerOptions(pack)), { signal, what: 'Checking the pack' });
  const { manifest, directory } = pack;
  const visit = (role: RoleName, file: string) =>
    verifyNumbers(role, file, manifest.roles[role]!, options.signal);
  await visitNetworks(manifest, directory, visit, options);
  return verified;
}

/**
 * Runs {@link checkPack}, and checks that every graph has the inputs and outputs that pack.json names, and that networks for
 * faces have the expected shapes. Runs no network.
 *
 * @throws KdtalkerError PACK_DAMAGED, ABORTED
 */
export async function verifyGraphs(pack: Pack, options: CheckOptions = {}): Promise<VerifiedFile[]> {
  const checked = await checkPack(pack, options);
  const roles = new Map<string, PackRole>(rolesOf(pack.manifest));
  return Promise.all(
    checked.map((entry) => {
      const role = roles.get(entry.role);
      return role ? verifyGraph(entry, role) : verifyFace(entry, entry.role as FaceRole);
    }),
  );
}

interface Measure {
  bytes: number;
  sha256: string;
}

/** Compares size and SHA-256 of a file. @throws KdtalkerError PACK_DAMAGED, ABORTED */
export async function checkFile(
  path: string,
  expected: Measure,
  signal: AbortSignal | undefined,
): Promise<void> {
  compare(path, expected, await measure(path, expected, signal));
}

/** The weights beside a graph. */
async function checkData(
  pack: Pack,
  data: NonNullable<PackRole['data']>,
  signal: AbortSignal | undefined,
): Promise<void> {
  await checkFile(join(pack.directory, data.file), data, signal);
}

async function measure(path: string, expected: Measure, signal: AbortSignal | undefined): Promise<Measure> {
  const file = await open(path).catch((cause) => {
    throw damaged(path, `a file of ${expected.bytes} bytes`, 'none that can be read', cause);
  });
  try {
    const { size } = await file.stat();
    // A wrong size shows damage without reading the file.
    if (size !== expected.bytes) throw damaged(path, `${expected.bytes} bytes`, `${size} bytes`);
    const { hash, bytes } = await hashFile(file, { signal, what: 'Checking the pack' });
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

function compare(path: string, expected: Measure, found: Measure): void {
  if (found.bytes !== expected.bytes) throw damaged(path, `${expected.bytes} bytes`, `${found.bytes} bytes`);
  if (found.sha256 !== expected.sha256) throw damaged(path, `SHA-256 ${expected.sha256}`, found.sha256);
}

async function verifyGraph(entry: CheckedFile, role: PackRole): Promise<VerifiedFile> {
  const model = await readGraph(entry.file);
  const check = (kind: string, wanted: Record<string, string>, has: { name: string }[]) => {
    const names = has.map((tensor) => tensor.name);
    const missing = Object.values(wanted).find((name) => !names.includes(name));
    if (missing !== undefined)
      throw damaged(entry.file, `${kind} '${missing}'`, `${kind}s ${names.join(', ') || 'none'}`);
  };
  check('input', role.inputs, model.inputs);
  check('output', role.outputs, model.outputs);
  return { ...entry, model };
}

async function verifyFace(entry: CheckedFile, role: FaceRole): Promise<VerifiedFile> {
  const model = await readGraph(entry.file);
  const mismatch = faceMismatch(role, model);
  if (mismatch) throw damaged(entry.file, mismatch.expected, mismatch.received);
  return { ...entry, model };
}

async function verifyNumbers(
  role: RoleName,
  file: string,
  { fingerprint }: PackRole,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!fingerprint) return;
  const difference = findDifference(fingerprint, await takeFingerprint(file, signal));
  if (!difference) return;
  const { output, what, expected, found, allowed } = difference;
  const place = `${what} of output '${output}' of role ${role}`;
  const received =
    found === undefined
      ? 'no finite number'
      : `${found}, which is ${short(Math.abs(found - expected))} off where ${short(allowed)} is allowed`;
  throw new KdtalkerError(
    'PACK_DAMAGED',
    `Expected ${expected} for ${place} but received ${received} (${file}). The files match pack.json, but the ` +
      'network does not give what it gave when the pack was made: make or download the pack again',
  );
}

function short(value: number): string {
  return value.toPrecision(2);
}

async function readGraph(file: string): Promise<ModelInfo> {
  try {
    return readModel(await readFile(file));
  } catch (cause) {
    throw damaged(file, 'an ONNX model', 'something else', cause);
  }
}

function damaged(file: string, expected: string, received: string, cause?: unknown): KdtalkerError {
  return new KdtalkerError(
    'PACK_DAMAGED',
    `Expected ${expected} for ${file} but received ${received}. Install or download the pack again`,
    { cause },
  );
}
