import { rmdirSync } from 'node:fs';
import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { atExit } from '../files/at-exit.js';
import { outputError, unwritable } from '../files/output-error.js';
import { TemporaryPath } from '../files/temporary-path.js';
import { checkFinal, giveName, type Target } from '../files/whole-file.js';
import { frameName } from './formats/png.js';

/** A sequence of frames to write. */
export interface FrameNames {
  /** The number of frames; undefined: as many as are written. */
  count: number | undefined;
  /** The final name of frame `index`. */
  nameOf(index: number): string;
  /** The index of the frame with this name; undefined for other names. */
  indexOf(name: string): number | undefined;
  /** Whether existing frames of the same names may be replaced. */
  overwrite: boolean;
}

/**
 * Prepares a sequence of frames. They are written to a hidden folder inside `folder` and renamed at the end. Creates `folder` if its parent
 * exists.
 *
 * @throws OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL
 */
export async function folderTarget(folder: string, frames: FrameNames): Promise<Target> {
  const created = await createFolder(folder);
  const undo = async () => {
    // rmdir fails if the folder has other content by now; that is fine.
    if (created) await rmdir(folder).catch(() => {});
  };
  try {
    if (!created) await checkFrames(folder, frames);
    return await targetIn(folder, frames, created, undo);
  } catch (cause) {
    await undo();
    throw outputError(cause, folder);
  }
}

async function targetIn(
  folder: string,
  frames: FrameNames,
  created: boolean,
  undo: () => Promise<void>,
): Promise<Target> {
  const place = await TemporaryPath.makeFolder(folder, 'frames');
  const forget = created ? atExit(() => rmdirSync(folder)) : () => {}; // runs after the hidden folder's removal: the folder is empty then
  return {
    temporary: place.path,
    async commit() {
      const bytes = await moveFrames(place.path, folder, frames);
      forget();
      await place.remove();
      return bytes;
    },
    async discard() {
      forget();
      await place.remove();
      await undo();
    },
  };
}

/** Checks every name before the work begins. @throws OUTPUT_UNWRITABLE */
async function checkFrames(
  folder: string,
  { count = Number.POSITIVE_INFINITY, indexOf, overwrite }: FrameNames,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const index = indexOf(name);
    if (index !== undefined && index < count) await checkFinal(join(folder, name), overwrite);
  }
}

/** If a name was taken meanwhile and may not be replaced, the frames that were already renamed are removed again. */
async function moveFrames(from: string, to: string, { nameOf, overwrite }: FrameNames): Promise<number> {
  const count = (await readdir(from)).length;
  let bytes = 0;
  const moved: string[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const [frame, final] = [join(from, frameName(index)), join(to, nameOf(index))];
      bytes += (await stat(frame)).size;
      await giveName(frame, final, overwrite);
      moved.push(final);
    }
  } catch (cause) {
    if (!overwrite) for (const path of moved) await rm(path, { force: true });
    throw outputError(cause, to);
  }
  return bytes;
}

/** @returns whether the folder was created */
async function createFolder(folder: string): Promise<boolean> {
  const status = await stat(folder).catch(() => undefined);
  if (status && !status.isDirectory()) throw unwritable(folder, 'it exists and is not a directory');
  if (status) return false;
  try {
    await mkdir(folder);
    return true;
  } catch (cause) {
    throw outputError(cause, folder);
  }
}
