import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasEnded, markOf } from './leftovers.js';
import { orOutputError, unwritable } from './output-error.js';
import { TemporaryPath } from './temporary-path.js';

/**
 * Runs work that must be alone in a folder. Meanwhile a file in the folder, marked with this process, says so: whoever sees the file of a
 * process that still runs fails at once. So two never work; of two that begin in the same moment both may fail. A killed process is in
 * nobody's way.
 *
 * @param purpose the beginning of the file's name: work for other purposes is not kept out
 * @throws KdtalkerError OUTPUT_UNWRITABLE if another call works there, OUTPUT_DISK_FULL
 */
export async function aloneIn<T>(folder: string, purpose: string, work: () => Promise<T>): Promise<T> {
  const own = await orOutputError(TemporaryPath.makeFile(folder, purpose), folder);
  try {
    const other = await orOutputError(otherIn(folder, purpose, own.path), folder);
    if (other === undefined) return await work();
    throw unwritable(folder, `process ${other} is writing to it`, undefined, 'Wait for its end, or stop it');
  } finally {
    await own.remove();
  }
}

/** The process of another call. */
async function otherIn(folder: string, purpose: string, own: string): Promise<number | undefined> {
  for (const name of await readdir(folder)) {
    const mark = name.startsWith(`.${purpose}.`) ? markOf(name) : undefined;
    const path = join(folder, name);
    if (mark === undefined || path === own) continue;
    const found = await stat(path).catch(() => undefined);
    if (found && !hasEnded(mark, found)) return mark.pid;
    await rm(path, { force: true }).catch(() => {}); // it may be another user's
  }
  return undefined;
}
