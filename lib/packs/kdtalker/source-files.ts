import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KdtalkerError } from '../../errors.js';
import { FACE_SHAPES } from '../faces.js';
import type { FaceRole } from '../manifest.js';
import { LIVEPORTRAIT_FILES, type SourceFile } from './sources.js';

/** Places of LivePortrait's files in a folder: the folder itself, its subfolders, or the subfolders of a download. */
const ROOTS = ['', 'liveportrait', 'pretrained_weights/liveportrait'];
const PLACES = ROOTS.flatMap((root) =>
  ['', 'base_models', 'retargeting_models'].map((folder) => join(root, folder)),
);
/** A folder with only some of the networks has the other networks' folder beside it. */
const BESIDE = join('..', 'retargeting_models');
/** InsightFace stores the networks of its package buffalo_l in models; LivePortrait's download adds an outer folder. */
const INSIGHTFACE_PLACES = ['', 'insightface', 'pretrained_weights/insightface'].flatMap((root) =>
  ['', 'models/buffalo_l', 'buffalo_l'].map((folder) => join(root, folder)),
);
/** Endings in order of preference: the first existing file is used. */
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

/**
 * Finds InsightFace's detector and its 106 landmarks in a folder.
 *
 * @throws KdtalkerError FILE_NOT_FOUND that names every file that is missing, and where it was looked for
 */
export async function findInsightface(directory: string): Promise<Map<FaceRole, string>> {
  const found = new Map<FaceRole, string>();
  const roles = ['detector', 'landmarks106'] as const;
  for (const role of roles) {
    const path = await firstFile(placed(directory, INSIGHTFACE_PLACES, FACE_SHAPES[role].file));
    if (path !== undefined) found.set(role, path);
  }
  const missing = roles.filter((role) => !found.has(role)).map((role) => FACE_SHAPES[role].file);
  if (missing.length === 0) return found;
  throw new KdtalkerError(
    'FILE_NOT_FOUND',
    `Expected InsightFace's files in ${directory}, or in models/buffalo_l below it, but received none called ` +
      `${missing.join(', ')}. docs/models.md says where they are from`,
  );
}

/** LivePortrait's landmark.onnx, which is released beside `base_models`; undefined when the folder has none. */
export function findLandmarks203(directory: string): Promise<string | undefined> {
  return firstFile(placed(directory, [...ROOTS, '..'], FACE_SHAPES.landmarks203.file));
}

function placed(directory: string, places: readonly string[], file: string): string[] {
  return places.map((place) => join(directory, place, file));
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
