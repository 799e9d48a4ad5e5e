import { open, readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { KdtalkerError, quote } from '../../errors.js';
import { hashFile } from '../../files/hash.js';

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
export async function hashOfFile(file: string, signal: AbortSignal | undefined): Promise<string | null> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return null;
  try {
    const isFile = (await handle.stat()).isFile();
    return isFile ? (await hashFile(handle, { signal, what: 'Evaluating' })).hash.digest('hex') : null;
  } finally {
    await handle.close();
  }
}
