import { copyFile, link, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { longCall } from '../../abort.js';
import { KdtalkerError, throwIfAborted } from '../../errors.js';
import { isSystemError, outputError } from '../../files/output-error.js';
import { inScratchFolder } from '../../files/scratch-folder.js';
import { facesOf } from '../faces.js';
import { withFingerprints } from '../fingerprint/take.js';
import type { PackManifest } from '../manifest.js';
import { writeModel } from '../onnx/index.js';
import { type Pack, parseManifest, rolesOf } from '../pack.js';
import { ROLES } from './manifest.js';
import { NETWORKS } from './networks.js';
import { StoredWeights } from './stored-weights.js';
import { requireEmpty, type WritePackOptions } from './write.js';

/** Options of {@link replaceDenoiser}. */
export interface ReplaceOptions extends WritePackOptions {
  /** The pack that gives all other networks. */
  pack: Pack;
  /** A checkpoint of our training. */
  checkpoint: string;
  /** The new pack's folder; must be new or empty. */
  directory: string;
}

const MADE = ['condition', 'time', 'denoiser'] as const;
const WRITING = 'Writing the pack';

/**
 * Makes a pack of another one and a trained denoiser, with the statistics and the window of its training. Files of the other networks are
 * linked where the disk can, else copied.
 *
 * @throws KdtalkerError FILE_NOT_FOUND, CHECKPOINT_INVALID, INVALID_ARGUMENT, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED
 */
export async function replaceDenoiser(options: ReplaceOptions): Promise<PackManifest> {
  const work = (signal: AbortSignal) => replaced({ ...options, signal });
  return longCall(WRITING, [options.signal], work, 'kept');
}

async function replaced(options: ReplaceOptions): Promise<PackManifest> {
  const target = resolve(options.directory);
  await requireEmpty(target);
  const stored = await StoredWeights.open(new Map([['kdtalker', options.checkpoint]]));
  try {
    return await inScratchFolder(target, async (folder) => {
      const manifest = await writeFiles(folder, stored, options);
      await rename(folder, target);
      return manifest;
    });
  } catch (error) {
    throw isSystemError(error) ? outputError(error, target) : error;
  } finally {
    await stored.close();
  }
}

async function writeFiles(
  folder: string,
  stored: StoredWeights,
  { pack, signal, onProgress, fingerprint = true }: ReplaceOptions,
): Promise<PackManifest> {
  const { shape, statistics } = stored.trained!;
  const licence = pack.manifest.roles.denoiser.licence;
  const { condition: _c, time: _t, denoiser: _d, ...others } = pack.manifest.roles;
  const roles: Record<string, unknown> = { ...others };
  for (const name of MADE) {
    await stored.load(name, signal);
    const model = await writeModel(NETWORKS[name](stored.weights, shape), folder, `${name}.onnx`, {
      ...(signal && { signal }),
    });
    roles[name] = { ...model, ...(licence !== undefined && { licence }), ...ROLES[name] };
  }
  await takeOthers(pack, folder, signal);
  const described = parseManifest(describedPack(pack, roles, shape.window, statistics), folder);
  const manifest = fingerprint
    ? await withFingerprints(described, folder, {
        onProgress: ({ role, done, total }) => onProgress?.({ stage: 'check', network: role, done, total }),
        ...(signal && { signal }),
      })
    : described;
  await writeFile(join(folder, 'pack.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

function describedPack(
  { manifest }: Pack,
  roles: Record<string, unknown>,
  window: number,
  statistics: PackManifest['statistics'] | undefined,
): unknown {
  const { sampler } = manifest;
  const trained = { trainTimesteps: 1000, betaStart: 1e-5, betaEnd: 8e-3 };
  return {
    ...manifest,
    name: `${manifest.name}-trained`,
    description: `${manifest.description}; its denoiser was trained with kdtalker train`,
    roles,
    sampler: { ...sampler, ...trained, steps: Math.max(sampler.steps, 1), window, fixedWindow: false },
    statistics: statistics ?? manifest.statistics,
  };
}

/** The files of all other networks, under their own names. */
async function takeOthers(pack: Pack, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const { manifest, directory } = pack;
  const kept = rolesOf(manifest).filter(([role]) => !(MADE as readonly string[]).includes(role));
  const data = kept.flatMap(([, role]) => (role.data ? [role.data.file] : []));
  const graphs = [...kept, ...facesOf(manifest)].map(([, { file }]) => file);
  const files = new Set([...graphs, ...data]);
  for (const file of files) {
    throwIfAborted(signal, WRITING);
    await take(join(directory, file), join(folder, file));
  }
}

async function take(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to)
    .catch(() => copyFile(from, to))
    .catch((cause: unknown) => {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'ENOENT') throw cause;
      throw new KdtalkerError('PACK_DAMAGED', `Expected a file at '${from}' but it is not there`, { cause });
    });
}
