import { link, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { throwIfAborted } from '../errors.js';
import { outputError, unwritable } from './output-error.js';
import { TemporaryPath } from './temporary-path.js';

/** A place to write that becomes the output only when everything is there. */
export interface Target {
  /** Where to write: a file, or a folder for frames. */
  readonly temporary: string;
  /** Puts what was written under its final name. @returns bytes written */
  commit(): Promise<number>;
  /** Removes what was written. Also happens when the process exits. Fine to call twice. */
  discard(): Promise<void>;
}

/**
 * Prepares one output file. Writing goes to a hidden file beside it, so that the last step is one rename on the same
 * disk: readers see the old file or the new one, never a part.
 *
 * @throws OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL
 */
export async function fileTarget(file: string, overwrite: boolean): Promise<Target> {
  // A symbolic link is followed, so that it still points to the output afterwards.
  const final = await realpath(file).catch(() => file);
  await checkFinal(final, overwrite);
  const place = await TemporaryPath.makeFile(dirname(final), basename(final)).catch((cause: unknown) => {
    throw outputError(cause, file);
  });
  return {
    temporary: place.path,
    async commit() {
      await checkFinal(final, overwrite);
      const { size } = await stat(place.path);
      await giveName(place.path, final, overwrite);
      place.release();
      return size;
    },
    discard: () => place.remove(),
  };
}

/** Writes a file that has its name only once it is whole. @throws KdtalkerError OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED */
export async function writeWholeFile(
  file: string,
  contents: string | Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const target = await fileTarget(file, true);
  try {
    await writeFile(target.temporary, contents, { signal });
    throwIfAborted(signal, `Writing '${file}'`);
    await target.commit();
  } catch (cause) {
    await target.discard().catch(() => {}); // the first error says more
    throwIfAborted(signal, `Writing '${file}'`);
    throw outputError(cause, file);
  }
}

/**
 * Gives a whole file its name. Without `overwrite` the system itself refuses where something has that name, however late it came.
 *
 * @throws OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL
 */
export async function giveName(from: string, to: string, overwrite: boolean): Promise<void> {
  try {
    await (overwrite ? rename(from, to) : renameToNew(from, to));
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'EEXIST' ? existing(to, cause) : outputError(cause, to);
  }
}

/** A rename replaces what is there; a second link to the file does not. */
async function renameToNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!WITHOUT_LINKS.includes((error as NodeJS.ErrnoException).code!)) throw error;
    return reserveAndRename(from, to);
  }
  await rm(from);
}

/** What file systems that have no links say: FAT, some of networks and of containers. */
const WITHOUT_LINKS: readonly string[] = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV'];

/** Where there are no links: the name is taken by an empty file, which the rename replaces. */
async function reserveAndRename(from: string, to: string): Promise<void> {
  await (await open(to, 'wx')).close();
  try {
    await rename(from, to);
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
}

/** Refuses what must not be replaced by a file: a device, a folder, and without `overwrite` anything. @throws OUTPUT_UNWRITABLE */
export async function checkFinal(final: string, overwrite: boolean): Promise<void> {
  const status = await stat(final).catch(() => undefined);
  if (!status) return;
  if (!status.isFile()) throw unwritable(final, 'it exists and is not a regular file');
  if (!overwrite) throw existing(final);
}

function existing(path: string, cause?: unknown) {
  return unwritable(path, 'it exists and overwriting was not allowed', cause);
}
