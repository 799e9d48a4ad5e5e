import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { KdtalkerError, quote } from '../../errors.js';
import { sha256OfFile } from '../../files/hash.js';
import { isSystemError } from '../../files/output-error.js';

/** What lies beside videos and is none. */
const OTHER = ['.json', '.jsonl', '.csv', '.md', '.wav', '.png', '.jpg'];

/** Files of a folder by their names without the ending. @throws FILE_NOT_FOUND */
export async function videosOf(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder).catch((cause: unknown) => {
    const message = `Expected a folder of videos for a method but received ${quote(folder)}, which cannot be read`;
    throw new KdtalkerError('FILE_NOT_FOUND', message, { cause });
  });
  const files = new Map<string, string>();
  for (const name of names.sort().reverse()) {
    const ending = extname(name);
    if (name.startsWith('.') || OTHER.includes(ending.toLowerCase())) continue;
    files.set(name.slice(0, name.length - ending.length), join(folder, name));
  }
  return files;
}

/** The SHA-256 of a file; null if it cannot be read. @throws ABORTED */
export async function videoHash(file: string, signal: AbortSignal | undefined): Promise<string | null> {
  const status = await stat(file).catch(() => undefined);
  if (!status?.isFile()) return null;
  return sha256OfFile(file, { signal, what: 'Evaluating' }).catch((error: unknown) => {
    if (isSystemError(error)) return null;
    throw error;
  });
}
