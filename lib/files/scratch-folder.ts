import { mkdir, rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { TemporaryPath } from './temporary-path.js';

/**
 * Runs `work` with a new hidden folder beside `target`. The work renames it to `target` when it is complete; a folder that still has the
 * hidden name at the end is removed. The parent folder is created if it is missing.
 */
export async function inScratchFolder<T>(target: string, work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(dirname(target), { recursive: true });
  const place = await TemporaryPath.makeFolder(dirname(target), basename(target));
  try {
    return await work(place.path);
  } finally {
    await place.remove();
  }
}

/** Removes a folder; it is renamed first, so that nobody finds it half-empty. */
export async function removeFolder(folder: string): Promise<void> {
  const place = await TemporaryPath.claim(dirname(folder), basename(folder));
  try {
    await rename(folder, place.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  } finally {
    await place.remove();
  }
}
