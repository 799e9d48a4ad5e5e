import { readdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { KdtalkerError } from '../../errors.js';
import { isSystemError, outputError } from '../../files/output-error.js';
import { inScratchFolder } from '../../files/scratch-folder.js';
import { withFingerprints } from '../fingerprint/take.js';
import type { PackManifest } from '../manifest.js';
import type { DenoiserShape } from '../networks/denoiser-shape.js';
import { EXTERNAL_FROM, type Graph, type WrittenModel, writeModel } from '../onnx/index.js';
import { parseManifest } from '../pack.js';
import type { AllWeights } from '../weights/weights.js';
import { copyFaces, type FaceSource } from './face-files.js';
import { kdtalkerManifest, PACK_NETWORKS, type PackIdentity } from './manifest.js';
import { NETWORKS, type NetworkName } from './networks.js';

/** Progress of writing a pack. */
export interface PackProgress {
  /** `write`: the weights are being written; `check`: every network is run once for its fingerprint. */
  stage: 'write' | 'check';
  /** The network being written or run. */
  network: string;
  /** Bytes of weights written, or networks run, so far and in total. */
  done: number;
  total: number;
}

const ROOM = 'A pack takes 700 MB';

/** Options of writing a pack. */
export interface WritePackOptions {
  /**
   * Whether to run every network once, so that pack.json contains fingerprints for `verifyPack`; default true.
   * It takes up to ten seconds and 1.2 GB of memory.
   */
  fingerprint?: boolean;
  /** Called after every tensor and for every network that is run. */
  onProgress?: (progress: PackProgress) => void;
  signal?: AbortSignal;
}

/** Options of writing a pack whose weights are not in memory. */
export interface WriteFromOptions extends WritePackOptions {
  /** Loads the weights of a network into memory; awaited before they are read. */
  prepare?: (network: NetworkName) => Promise<void>;
  /** What the denoiser is built of; default as published. */
  shape?: DenoiserShape | undefined;
  /** Networks for faces to copy into the pack; default none. */
  faces?: readonly FaceSource[];
}

/**
 * Writes a pack of the published networks, about 700 MB, with float32 weights in a file beside each graph. It writes
 * to a temporary folder beside `directory` and renames it at the end, so `directory` contains the whole pack or nothing.
 * Memory holds a few tensors at a time, about 200 MB.
 *
 * @param directory must not exist, or be empty
 * @throws KdtalkerError INVALID_ARGUMENT, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED, and errors of reading the weights
 */
export async function writeKdtalkerPack(
  directory: string,
  weights: AllWeights,
  identity: PackIdentity,
  options: WriteFromOptions = {},
): Promise<PackManifest> {
  const target = resolve(directory);
  await requireEmpty(target);
  try {
    return await inScratchFolder(target, async (partial) => {
      const manifest = await writeFiles(partial, weights, identity, options);
      await rename(partial, target);
      return manifest;
    });
  } catch (error) {
    throw isSystemError(error) ? outputError(error, target, ROOM) : error;
  }
}

async function writeFiles(
  directory: string,
  weights: AllWeights,
  identity: PackIdentity,
  { onProgress, signal, prepare, fingerprint = true, faces: sources = [], shape }: WriteFromOptions,
): Promise<PackManifest> {
  const graphs = PACK_NETWORKS.map((name): [NetworkName, Graph] => [name, NETWORKS[name](weights, shape)]);
  const total =
    graphs.reduce((sum, [, graph]) => sum + graph.externalBytes(EXTERNAL_FROM), 0) +
    sources.reduce((sum, { bytes }) => sum + bytes, 0);
  const models = new Map<NetworkName, WrittenModel>();
  let done = 0;
  const reportOf = (network: string) => (bytes: number) => {
    done += bytes;
    onProgress?.({ stage: 'write', network, done, total });
  };
  for (const [network, graph] of graphs) {
    await prepare?.(network);
    const model = await writeModel(graph, directory, `${network}.onnx`, {
      onProgress: reportOf(network),
      ...(signal && { signal }),
    });
    models.set(network, model);
  }
  const faces = await copyFaces(sources, directory, { reportOf, signal });
  const written = parseManifest(
    kdtalkerManifest(identity, models, { faces, window: shape?.window }),
    directory,
  );
  const manifest = fingerprint ? await checked(written, directory, onProgress, signal) : written;
  await writeFile(join(directory, 'pack.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

async function checked(
  manifest: PackManifest,
  directory: string,
  onProgress: WritePackOptions['onProgress'],
  signal: AbortSignal | undefined,
): Promise<PackManifest> {
  return withFingerprints(manifest, directory, {
    onProgress: ({ role, done, total }) => onProgress?.({ stage: 'check', network: role, done, total }),
    ...(signal && { signal }),
  });
}

/** Throws INVALID_ARGUMENT for a folder that is not empty. */
export async function requireEmpty(directory: string): Promise<void> {
  const entries = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw outputError(error, directory);
  });
  if (entries.length === 0) return;
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected a new or empty folder for the pack but received ${directory}, which is not empty. Choose another folder, or empty this one`,
  );
}
