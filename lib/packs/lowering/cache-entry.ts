import { open, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { throwIfAborted } from '../../errors.js';
import { hashFile } from '../../files/hash.js';
import { isSystemError } from '../../files/output-error.js';
import type { LoweredNetwork } from './lower-pack.js';

/** A complete lowered pack. */
export interface LoweredPack {
  /** Absolute path of its folder. */
  directory: string;
  /** By role, plus `prepare` when part of a network depends on the portrait alone. */
  networks: Record<string, LoweredNetwork>;
}

const MANIFEST = 'manifest.json';
const CHECKING = 'Checking the lowered pack';

const file = z.strictObject({
  file: z.string().regex(/^[\w.-]+$/),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const model = file.extend({ data: file.exactOptional() });
const names = z.record(z.string(), z.string());
const schema = z.strictObject({
  format: z.literal(1),
  /** Seconds since 1970: the time of every file of the entry. */
  written: z.int(),
  networks: z.record(
    z.string(),
    model.extend({ inputs: names, outputs: names, rest: z.array(model).exactOptional() }),
  ),
});

/**
 * Completes an entry: all its files get the same time, in whole seconds, which archives preserve. A file with the same size and
 * time has not been written to since.
 */
export async function sealEntry(directory: string, networks: LoweredPack['networks']): Promise<void> {
  // A second ago: every later write to the file gives it a later time.
  const written = Math.floor(Date.now() / 1000) - 1;
  for (const each of filesOf(networks)) await utimes(join(directory, each.file), written, written);
  const manifest = { format: 1, written, networks };
  await writeFile(join(directory, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Reads and checks an entry. It hashes files that were written to since, or copied without their times.
 *
 * @returns the lowered pack; 'missing' when it does not exist; 'damaged' when anything differs
 * @throws KdtalkerError ABORTED
 */
export async function readEntry(
  directory: string,
  signal?: AbortSignal | undefined,
): Promise<LoweredPack | 'missing' | 'damaged'> {
  const text = await readFile(join(directory, MANIFEST), 'utf8').catch(() => undefined);
  if (text === undefined) return (await exists(directory)) ? 'damaged' : 'missing';
  const manifest = parse(text);
  if (!manifest) return 'damaged';
  for (const each of filesOf(manifest.networks)) {
    throwIfAborted(signal, CHECKING);
    if (!(await isWhole(join(directory, each.file), each, manifest.written, signal))) return 'damaged';
  }
  return { directory, networks: manifest.networks };
}

/** Records that an entry was used; ignores errors when the cache is not writable. */
export async function touchEntry(directory: string): Promise<void> {
  const now = new Date();
  await utimes(join(directory, MANIFEST), now, now).catch(() => undefined);
}

/** When an entry was used last, in milliseconds since 1970; 0 if it is not an entry. */
export async function lastUsed(directory: string): Promise<number> {
  return (await stat(join(directory, MANIFEST)).catch(() => undefined))?.mtimeMs ?? 0;
}

function parse(text: string) {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function filesOf(networks: LoweredPack['networks']) {
  return Object.values(networks)
    .flatMap((network) => [network, ...(network.rest ?? [])])
    .flatMap(({ data, file: name, bytes, sha256 }) => [
      { file: name, bytes, sha256 },
      ...(data ? [data] : []),
    ]);
}

async function isWhole(
  path: string,
  expected: { bytes: number; sha256: string },
  written: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size !== expected.bytes) return false;
  return found.mtimeMs === 1000 * written || (await hashOf(path, signal)) === expected.sha256;
}

/** Undefined if it cannot be read. @throws KdtalkerError ABORTED */
async function hashOf(path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const file = await open(path).catch(() => undefined);
  if (!file) return undefined;
  try {
    return (await hashFile(file, { signal, what: CHECKING })).hash.digest('hex');
  } catch (error) {
    throwIfAborted(signal, CHECKING);
    if (!isSystemError(error)) throw error;
    return undefined;
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
