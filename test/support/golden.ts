import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { floats, readSafetensors } from '../../dist/packs/safetensors.js';

/** A golden tensor; elements are float32 unless the file holds integers, which become float32 too. */
export interface GoldenTensor {
  dims: number[];
  data: Float32Array;
}

// The subset that travels with the repository comes first; the whole set may lie beside the checkout.
const PLACES = ['../golden/', '../../../shared/golden/'].map((path) => new URL(path, import.meta.url));

/** The path of a golden file, or undefined where this checkout does not have it. */
export function findGoldenFile(name: string): string | undefined {
  const place = PLACES.find((folder) => existsSync(new URL(name, folder)));
  return place && fileURLToPath(new URL(name, place));
}

/** The path of a golden file; throws where it is missing. */
export function goldenFile(name: string): string {
  const file = findGoldenFile(name);
  if (!file)
    throw new Error(
      `Expected the golden file ${name} in ${PLACES.map((folder) => fileURLToPath(folder)).join(' or ')}`,
    );
  return file;
}

/** All tensors of a golden .safetensors file by name. Reading a name that is not there throws. */
export function golden(name: string): Record<string, GoldenTensor> {
  const { tensors } = readSafetensors(readFileSync(goldenFile(name)));
  const known: Record<string, GoldenTensor> = {};
  for (const [key, tensor] of Object.entries(tensors))
    known[key] = { dims: tensor.dims, data: floats(tensor) };
  return new Proxy(known, {
    get: (target, key) => (typeof key === 'string' ? existing(target, key, name) : Reflect.get(target, key)),
  });
}

function existing(tensors: Record<string, GoldenTensor>, key: string, file: string): GoldenTensor {
  const tensor = tensors[key];
  if (!tensor)
    throw new Error(`Expected tensor ${key} in ${file}, which has ${Object.keys(tensors).join(', ')}`);
  return tensor;
}
