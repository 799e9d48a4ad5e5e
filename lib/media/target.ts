import { randomBytes } from 'node:crypto';
import { rmdirSync, rmSync } from 'node:fs';
import { mkdir, open, readdir, realpath, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { atExit } from './cleanup.js';
import { frameName } from './formats/png.js';
import { outputError, unwritable } from './output-error.js';

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
  // A symbolic link is followed, so that it still points to the video afterwards.
  const final = await realpath(file).catch(() => file);
  await checkFinal(final, overwrite);
  const temporary = join(dirname(final), temporaryName(basename(final)));
  await createEmpty(temporary, file);
  const forget = atExit(() => rmSync(temporary, { force: true }));
  return {
    temporary,
    async commit() {
      await checkFinal(final, overwrite);
      const { size } = await stat(temporary);
      await rename(temporary, final).catch((cause: unknown) => {
        throw outputError(cause, file);
      });
      forget();
      return size;
    },
    async discard() {
      forget();
      await rm(temporary, { force: true });
    },
  };
}

/**
 * Prepares a sequence of frames. They gather in a hidden folder inside `folder`, which is created when only it is
 * missing, and get their names at the end.
 *
 * @param nameOf the final name of frame `index`.
 * @throws OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL
 */
export async function folderTarget(
  folder: string,
  nameOf: (index: number) => string,
  overwrite: boolean,
): Promise<Target> {
  const created = await createFolder(folder);
  const temporary = join(folder, temporaryName('frames'));
  try {
    await checkFinal(join(folder, nameOf(0)), overwrite);
    await mkdir(temporary);
  } catch (cause) {
    if (created) await rmdir(folder).catch(() => {});
    throw outputError(cause, folder);
  }
  const forget = atExit(() => {
    rmSync(temporary, { recursive: true, force: true });
    if (created) rmdirSync(folder);
  });
  return {
    temporary,
    async commit() {
      const bytes = await moveFrames(temporary, folder, nameOf);
      await rmdir(temporary);
      forget();
      return bytes;
    },
    async discard() {
      forget();
      await rm(temporary, { recursive: true, force: true });
      // Not when something else was put into it meanwhile.
      if (created) await rmdir(folder).catch(() => {});
    },
  };
}

async function moveFrames(from: string, to: string, nameOf: (index: number) => string): Promise<number> {
  const count = (await readdir(from)).length;
  let bytes = 0;
  for (let index = 0; index < count; index++) {
    const frame = join(from, frameName(index));
    bytes += (await stat(frame)).size;
    await rename(frame, join(to, nameOf(index))).catch((cause: unknown) => {
      throw outputError(cause, to);
    });
  }
  return bytes;
}

/** Hidden, and named after the process that can be asked about it; short enough for any file system. */
function temporaryName(name: string): string {
  return `.${name.slice(0, 60)}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
}

async function createEmpty(path: string, output: string): Promise<void> {
  const file = await open(path, 'wx').catch((cause: unknown) => {
    throw outputError(cause, output);
  });
  await file.close();
}

/** A device or a folder must not be replaced by a video. */
async function checkFinal(final: string, overwrite: boolean): Promise<void> {
  const status = await stat(final).catch(() => undefined);
  if (!status) return;
  if (!status.isFile()) throw unwritable(final, 'it exists and is not a regular file');
  if (!overwrite) throw unwritable(final, 'it exists and overwriting was not allowed');
}

/** @returns whether it had to be created */
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
