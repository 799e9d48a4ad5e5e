import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ownMark, type ProcessMark, stateOf } from './process-mark.js';

/**
 * A process whose state is unknown counts as ended when its file has not changed for this time, in milliseconds. Running processes renew
 * theirs every day ({@link TemporaryPath}).
 */
const GIVEN_UP = 7 * 24 * 60 * 60 * 1000;
/** Number of folder names that are remembered; a service may write to any number of folders. */
const REMEMBERED = 1000;

const NAME = /^\..*\.kdtalker-(\d{1,10})-(\d{1,20})-([0-9a-f]{8})-[0-9a-f]{8}\.part$/s;

/** Folders that this thread has swept. The next process finds later leftovers. */
const swept = new Map<string, Promise<void>>();

/** A name for an incomplete file: hidden, marked with its process, unique, and short enough for any file system. */
export function temporaryName(name: string): string {
  const { pid, start, origin } = ownMark();
  const random = randomBytes(4).toString('hex');
  return `.${name.slice(0, 40)}.kdtalker-${pid}-${start}-${origin}-${random}.part`;
}

/**
 * Removes files that killed processes left in a folder, once per thread. Files of other programs, of other users and of running processes
 * stay. Unreadable or undeletable files stay too: this never fails.
 */
export function sweepLeftovers(folder: string): Promise<void> {
  const path = resolve(folder);
  const known = swept.get(path);
  if (known) return known;
  if (swept.size >= REMEMBERED) swept.clear();
  const work = sweep(path);
  swept.set(path, work);
  return work;
}

async function sweep(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  for (const name of names) {
    const mark = markOf(name);
    const path = join(folder, name);
    if (mark && (await isLeftOver(path, mark)))
      await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

/** The process of a {@link temporaryName}. */
export function markOf(name: string): ProcessMark | undefined {
  const [, pid, start, origin] = NAME.exec(name) ?? [];
  return origin === undefined ? undefined : { pid: Number(pid), start: start!, origin };
}

/** Another user's folder could be exchanged for a link while it is emptied: only our own is touched. */
async function isLeftOver(path: string, mark: ProcessMark): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (!found || found.uid !== process.getuid?.()) return false;
  return hasEnded(mark, found);
}

/** Whether the process of a file counts as ended. */
export function hasEnded(mark: ProcessMark, { mtimeMs }: Stats): boolean {
  const state = stateOf(mark);
  return state === 'unknown' ? Date.now() - mtimeMs > GIVEN_UP : state === 'gone';
}
