import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { readSafetensors } from '../../dist/packs/safetensors.js';
import type { Picture } from '../../dist/picture.js';
import { loadPicture } from './pictures.js';

/** Where golden cases of the metrics lie: the folder that KDTALKER_GOLDEN_EVAL names, alone; else the repository's, or the whole set beside it. */
const FOLDERS = process.env.KDTALKER_GOLDEN_EVAL
  ? [process.env.KDTALKER_GOLDEN_EVAL]
  : ['../golden-eval', '../../../shared/golden-eval'].map((path) =>
      fileURLToPath(new URL(path, import.meta.url)),
    );

/** Samples lie beside the cases, or among them. */
const PLACES = FOLDERS.flatMap((folder) => [folder, join(folder, '../samples')]);

/** The path of a case's file or of a sample; undefined if the set lacks it. */
export function findEval(name: string): string | undefined {
  return PLACES.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** The path of a case's file that is known to be there. */
export function evalFile(name: string): string {
  const file = findEval(name);
  if (file === undefined) throw new Error(`Expected ${name} in ${PLACES.join(' or ')}`);
  return file;
}

/** A test that needs files of the set; if it lacks one, the case is skipped by name. */
export function goldenCase(name: string, files: readonly string[], work: (t: Test) => Promise<void>): void {
  const missing = files.find((file) => findEval(file) === undefined);
  t.test(name, { skip: missing === undefined ? false : `the golden set has no ${missing}` }, work);
}

/** A golden tensor as doubles. */
export interface EvalTensor {
  dims: number[];
  data: Float64Array;
}

/** Tensors of a case's .safetensors file; reading a name that is not there throws. */
export function evalTensors(name: string): (key: string) => EvalTensor {
  const { tensors } = readSafetensors(readFileSync(evalFile(name)));
  return (key) => {
    const tensor = tensors[key];
    if (!tensor) throw new Error(`Expected ${key} in ${name}, which has ${Object.keys(tensors).join(', ')}`);
    return { dims: tensor.dims, data: Float64Array.from(tensor.data as Iterable<number>, Number) };
  };
}

/** The rows of a matrix. */
export function rows({ dims, data }: EvalTensor): Float64Array[] {
  const size = data.length / dims[0]!;
  return Array.from({ length: dims[0]! }, (_, i) => data.subarray(i * size, (i + 1) * size));
}

/** A case's JSON file. */
export function evalJson(name: string): unknown {
  return JSON.parse(readFileSync(evalFile(name), 'utf8'));
}

/** A case's picture, RGB. */
export function evalPicture(name: string): Promise<Picture> {
  return loadPicture(evalFile(name));
}

/** Samples of a case's 16-bit mono WAV file. */
export const evalSamples = (name: string): Int16Array => samplesOfWav(evalFile(name));

/** Samples of a 16-bit mono WAV file. */
export function samplesOfWav(file: string): Int16Array {
  const bytes = readFileSync(file);
  const at = bytes.indexOf('data') + 8;
  return Int16Array.from({ length: (bytes.length - at) >> 1 }, (_, i) => bytes.readInt16LE(at + 2 * i));
}

/** The greatest difference of two lists. */
export function apart(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < found.length; i++) {
    const difference = Math.abs(found[i]! - wanted[i]!);
    if (!(difference <= most)) most = difference;
  }
  return most;
}

/** Asserts that numbers equal golden ones within a tolerance. */
export function near(
  t: Test,
  found: ArrayLike<number>,
  wanted: ArrayLike<number>,
  most: number,
  name: string,
): void {
  const difference = apart(found, wanted);
  t.ok(difference <= most, `${name}: apart by ${difference}, at most ${most}`);
}
