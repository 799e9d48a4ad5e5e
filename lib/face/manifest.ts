import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { KdtalkerError } from '../errors.js';
import { sha256 as hashOf } from '../files/hash.js';

/** The name of the file that lists the networks for faces. */
export const FACES_FILE = 'faces.json';

const network = z.object({
  /** Name of the ONNX file, beside the manifest. */
  file: z.string().regex(/^[\w-]+\.onnx$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().positive(),
  licence: z.string(),
  origin: z.string(),
});

const facesManifest = z.object({
  format: z.literal(1),
  source: z.object({ package: z.string(), version: z.string(), licence: z.string() }),
  detector: network,
  mesh: network,
});

/** The contents of faces.json: the two networks, their hashes and licences, and their origin. */
export type FacesManifest = z.infer<typeof facesManifest>;

/** Paths of the networks. */
export interface FacesFiles {
  readonly detector: string;
  readonly mesh: string;
}

function damaged(file: string, problem: string, cause?: unknown): KdtalkerError {
  return new KdtalkerError(
    'PACK_DAMAGED',
    `Expected the networks that find faces for ${file} but received ${problem}; install the package again, or run its build`,
    { cause },
  );
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw damaged(file, `an error (${error instanceof Error ? error.message : error})`, error);
  }
}

async function readManifest(file: string): Promise<FacesManifest> {
  const text = (await readBytes(file)).toString();
  try {
    return facesManifest.parse(JSON.parse(text));
  } catch (error) {
    throw damaged(file, 'something that is not such a list', error);
  }
}

/** Reads faces.json in `folder` and checks the hashes of both networks. Throws PACK_DAMAGED. */
export async function openFaces(folder: string): Promise<FacesFiles> {
  const manifest = await readManifest(join(folder, FACES_FILE));
  const verified = async ({ file, sha256 }: z.infer<typeof network>) => {
    const path = join(folder, file);
    const found = hashOf(await readBytes(path));
    if (found !== sha256) throw damaged(path, `a file of other content (SHA-256 ${found.slice(0, 12)}...)`);
    return path;
  };
  return { detector: await verified(manifest.detector), mesh: await verified(manifest.mesh) };
}
