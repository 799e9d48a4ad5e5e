import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KdtalkerError } from '../../errors.js';
import { LIVEPORTRAIT_FILES, type SourceFile } from './sources.js';

/** Where LivePortrait's files may be in a folder: in itself, in its own folders, in those of a download around it. */
const PLACES = ['', 'liveportrait', 'pretrained_weights/liveportrait'].flatMap((root) =>
  ['', 'base_models', 'retargeting_models'].map((folder) => join(root, folder)),
);
/** A folder of the networks alone has the others beside it. */
const BESIDE = join('..', 'retargeting_models');
/** The first that is there is taken. */
const ENDINGS = ['.pth', '.safetensors'];

/**
 * Finds LivePortrait's five files in a folder.
 *
 * @throws KdtalkerError FILE_NOT_FOUND that names every file that is missing, and where it was looked for
 */
export async function findLiveportrait(directory: string): Promise<Map<SourceFile, string>> {
  const found = new Map<SourceFile, string>();
  for (const name of LIVEPORTRAIT_FILES) {
    const path = await firstFile(candidates(directory, name));
    if (path !== undefined) found.set(name, path);
  }
  const missing = LIVEPORTRAIT_FILES.filter((name) => !found.has(name));
  if (missing.length === 0) return found;
  throw new KdtalkerError(
    'FILE_NOT_FOUND',
    `Expected LivePortrait's files in ${directory}, or in base_models and retargeting_models below it, but received none called ` +
      `${missing.map((name) => `${name}.pth`).join(', ')} (or .safetensors). docs/models.md says where they are from`,
  );
}

function candidates(directory: string, name: string): string[] {
  const folders = [...PLACES, BESIDE].map((place) => join(directory, place));
  return folders.flatMap((folder) => ENDINGS.map((ending) => join(folder, name + ending)));
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  return undefined;
}
