import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { KdtalkerError, quote } from '../errors.js';
import { hashFile, sha256 } from '../files/hash.js';
import type { DatasetClip } from './dataset.js';

/** A video that may become a clip. */
export interface Video {
  path: string;
  /** Its path in the folder of videos, or its name where a list names it. */
  name: string;
  speaker: string;
}

const ENDINGS = ['.mp4', '.mov', '.mkv', '.webm', '.avi', '.m4v'];

/**
 * The videos of a folder and its folders, or of a list with one path a line, in the order of their names.
 *
 * @throws KdtalkerError FILE_NOT_FOUND
 */
export async function findVideos(place: string): Promise<Video[]> {
  const status = await stat(place).catch((cause: unknown) => {
    throw notFound(place, 'which cannot be read', cause);
  });
  const videos = status.isDirectory() ? await inFolder(place) : await inList(place);
  if (videos.length === 0) throw notFound(place, `which has no videos (${ENDINGS.join(', ')})`);
  return videos.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function inFolder(folder: string): Promise<Video[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(
    (entry) => entry.isFile() && ENDINGS.includes(extname(entry.name).toLowerCase()),
  );
  return files.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return videoOf(path, relative(folder, path).split(sep).join('/'));
  });
}

async function inList(file: string): Promise<Video[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').map((line) => videoOf(resolve(line), line));
}

const videoOf = (path: string, name: string): Video => ({ path, name, speaker: speakerOf(name) });

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
  const file = await open(path).catch((cause: unknown) => {
    throw notFound(path, 'which cannot be read', cause);
  });
  try {
    return (await hashFile(file, { signal, what: 'Reading the videos' })).hash.digest('hex');
  } finally {
    await file.close();
  }
}

function notFound(path: string, why: string, cause?: unknown): KdtalkerError {
  const message = `Expected videos in a folder or a list but received ${quote(path)}, ${why}`;
  return new KdtalkerError('FILE_NOT_FOUND', message, { cause });
}
