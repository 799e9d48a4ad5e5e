import { link, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { throwIfAborted } from '../errors.js';
import { outputError, unwritable } from './output-error.js';
import { TemporaryPath } from './temporary-path.js';

/** A hidden file or folder that becomes the output only when it is complete. */
export interface Target<Place = string> {
  /** Where to write: a file, or a folder for frames. */
  readonly temporary: Place;
  /** Gives the output its final name. @returns bytes written */
  commit(): Promise<number>;
  /** Removes the output; the exit of the process does this too. May be called twice. */
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

/** Writes a file that gets its name only when it is complete. @throws KdtalkerError OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED */
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
 * Gives a complete file its name. Without `overwrite` the system refuses if the name exists, even if it was created meanwhile.
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

/** A rename replaces an existing file; a hard link does not. */
async function renameToNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!WITHOUT_LINKS.includes((error as NodeJS.ErrnoException).code!)) throw error;
    return reserveAndRename(from, to);
  }
  await rm(from);
}

/** Errors of file systems without links: FAT, some network and container file systems. */
const WITHOUT_LINKS: readonly string[] = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV'];

/** Without links: an empty file reserves the name, and the rename replaces it. */
async function reserveAndRename(from: string, to: string): Promise<void> {
  await (await open(to, 'wx')).close();
  try {
    await rename(from, to);
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
}

/** Refuses to replace a device or a folder, and without `overwrite` anything. @throws OUTPUT_UNWRITABLE */
export async function checkFinal(final: string, overwrite: boolean): Promise<void> {
  const status = await stat(final).catch(() => undefined);
  if (!status) return;
  if (!status.isFile()) throw unwritable(final, 'it exists and is not a regular file');
  if (!overwrite) throw existing(final);
}

function existing(path: string, cause?: unknown) {
  return unwritable(path, 'it exists and overwriting was not allowed', cause);
}
