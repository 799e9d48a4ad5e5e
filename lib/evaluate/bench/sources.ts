import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { KdtalkerError, quote } from '../../errors.js';
import { readPathList } from '../../files/path-list.js';

/** What a clip is made from: a video, or a picture and a voice. */
export interface BenchSource {
  readonly name: string;
  readonly video?: string;
  readonly picture?: string;
  readonly voice?: string;
}

const PICTURES = ['.png', '.jpg', '.jpeg', '.webp'];
const VOICES = ['.wav', '.mp3', '.m4a', '.flac', '.ogg', '.opus'];

/**
 * The clips of a folder, by the names of its files: each video is one, and each picture with a voice of the same name. Or those of a list,
 * as {@link readPathList} reads it.
 *
 * @throws FILE_NOT_FOUND
 */
export async function clipSources(place: string): Promise<BenchSource[]> {
  const status = await stat(place).catch((cause: unknown) => {
    const message = `Expected a folder of videos, or a list of them, for videos but received ${quote(place)}, which cannot be read`;
    throw new KdtalkerError('FILE_NOT_FOUND', message, { cause });
  });
  const files = status.isDirectory() ? await filesOf(place) : await readPathList(place);
  return [...grouped(files)].map(([name, group]) => sourceOf(name, group)).sort(byName);
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'));
  return names.map(({ name }) => join(folder, name)).sort();
}

/** Files by the names of their clips. A second file of the same kind gets a name with its number. */
function grouped(files: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const file of files) {
    const plain = basename(file, extname(file))
      .replace(/[^\w-]/g, '_')
      .replace(/^$/, '_');
    let name = plain;
    for (let number = 2; groups.get(name)?.some((other) => kindOf(other) === kindOf(file)); number++)
      name = `${plain}_${number}`;
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  return groups;
}

type Kind = 'picture' | 'voice' | 'video';

function kindOf(file: string): Kind {
  const ending = extname(file).toLowerCase();
  if (PICTURES.includes(ending)) return 'picture';
  return VOICES.includes(ending) ? 'voice' : 'video';
}

function sourceOf(name: string, files: readonly string[]): BenchSource {
  const of = (kind: Kind) => files.find((file) => kindOf(file) === kind);
  const [video, picture, voice] = [of('video'), of('picture'), of('voice')];
  return { name, ...(video && { video }), ...(picture && { picture }), ...(voice && { voice }) };
}

function byName(a: BenchSource, b: BenchSource): number {
  return a.name < b.name ? -1 : 1;
}
