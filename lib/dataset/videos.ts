import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { KdtalkerError, quote } from '../errors.js';
import { sha256, sha256OfFile } from '../files/hash.js';
import { isSystemError } from '../files/output-error.js';
import { readPathList } from '../files/path-list.js';
import type { DatasetClip } from './dataset.js';

/** A video that may become a clip. */
export interface Video {
  path: string;
  /** Its path in the folder of videos, or in the common folder of the videos in a list. */
  name: string;
  speaker: string;
}

const ENDINGS = ['.mp4', '.mov', '.mkv', '.webm', '.avi', '.m4v'];

/**
 * The videos of a folder and its folders, or of a list as {@link readPathList} reads it, in the order of their names.
 *
 * @throws KdtalkerError FILE_NOT_FOUND
 */
export async function findVideos(place: string): Promise<Video[]> {
  const videos = await stat(place)
    .then((status) => (status.isDirectory() ? inFolder(place) : inList(place)))
    .catch((cause: unknown) => {
      throw notFound(place, 'which cannot be read', cause);
    });
  if (videos.length === 0) throw notFound(place, `which has no videos (${ENDINGS.join(', ')})`);
  return videos.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function inFolder(folder: string): Promise<Video[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(
    (entry) => entry.isFile() && ENDINGS.includes(extname(entry.name).toLowerCase()),
  );
  return files.map((entry) => videoOf(join(entry.parentPath, entry.name), folder));
}

/** The listed files are named as if their common folder had been given. */
async function inList(list: string): Promise<Video[]> {
  const paths = await readPathList(list);
  const folder = commonFolder(paths);
  return paths.map((path) => videoOf(path, folder));
}

function commonFolder(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => dirname(path).split(sep));
  const differs = first.findIndex((part, i) => others.some((other) => other[i] !== part));
  return first.slice(0, differs < 0 ? first.length : differs).join(sep) || sep;
}

function videoOf(path: string, folder: string): Video {
  const name = relative(folder, path).split(sep).join('/');
  return { path, name, speaker: speakerOf(name) };
}

/** VoxCeleb's cut files begin with the speaker and `#`; else the first folder is the speaker, else each file has its own. */
export function speakerOf(name: string): string {
  const [marked, ...rest] = basename(name).split('#');
  if (rest.length > 0) return marked!;
  const folders = name
    .split('/')
    .slice(0, -1)
    .filter((part) => part !== '');
  return folders[0] ?? basename(name, extname(name));
}

/** The split of a speaker: by the pattern, else by a hash of the name, the given share for validation. */
export function splitOf(speaker: string, pattern: string | undefined, share: number): DatasetClip['split'] {
  const held = pattern === undefined ? hashShare(speaker) < share : new RegExp(pattern).test(speaker);
  return held ? 'validation' : 'train';
}

const hashShare = (value: string) => Number.parseInt(sha256(value).slice(0, 8), 16) / 2 ** 32;

/** SHA-256 of a video's bytes. @throws KdtalkerError FILE_NOT_FOUND, ABORTED */
export async function hashVideo(path: string, signal: AbortSignal | undefined): Promise<string> {
  return sha256OfFile(path, { signal, what: 'Reading the videos' }).catch((error: unknown) => {
    throw isSystemError(error) ? notFound(path, 'which cannot be read', error) : error;
  });
}

function notFound(path: string, why: string, cause?: unknown): KdtalkerError {
  const message = `Expected videos in a folder or a list but received ${quote(path)}, ${why}`;
  return new KdtalkerError('FILE_NOT_FOUND', message, { cause });
}
