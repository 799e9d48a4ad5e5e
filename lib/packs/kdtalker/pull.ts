import { join, resolve } from 'node:path';
import { longCall } from '../../abort.js';
import { invalidArgument, throwIfAborted } from '../../errors.js';
import { type Hub, type HubOptions, hubOf } from '../hub/endpoint.js';
import { type HubFile, listFiles } from '../hub/listing.js';
import { askForLicences, downloadAll, removeDownloads } from '../hub/pull.js';
import type { PackManifest } from '../manifest.js';
import { convertPack } from './convert.js';
import { RELEASED_FILES, type ReleasedFile } from './released-files.js';
import { type PackProgress, requireEmpty, type WritePackOptions } from './write.js';

/** A file to download, with its permitted use. */
export type PullFile = ReleasedFile & HubFile;

/** Progress of a pull: it downloads the files, writes the pack, then runs each network once. */
export interface PullProgress {
  stage: 'download' | PackProgress['stage'];
  /** The file being downloaded, or the network being written or run. */
  name: string;
  /** Bytes so far, including those of an earlier run, and in total; number of networks in the stage `check`. */
  done: number;
  total: number;
}

/** Options of {@link pullPack}. */
export interface PullOptions extends HubOptions, Omit<WritePackOptions, 'onProgress'> {
  /** The pack's folder; must be new or empty. */
  directory: string;
  /**
   * Folder that keeps the downloaded files; existing files are not fetched again. Default: `<directory>.download`, which is
   * removed after the pack is complete, and kept after a failure, so that the next run resumes.
   */
  downloads?: string;
  /** Whether the licences of the files are accepted, or a function that is called once before the download to ask. */
  acceptLicences: boolean | ((files: readonly PullFile[]) => boolean | Promise<boolean>);
  onProgress?: (progress: PullProgress) => void;
}

/**
 * Fetches the released checkpoints of KDTalker, Wav2Lip's audio encoder and LivePortrait from the public model hub, about a
 * gigabyte, and makes a pack of them. It checks the downloads against the hub's sizes and SHA-256, and resumes
 * an earlier run. The pack is for non-commercial use.
 *
 * @throws KdtalkerError INVALID_ARGUMENT, LICENCE_REFUSED, DOWNLOAD_FAILED, DOWNLOAD_DENIED (set `HF_TOKEN`), DOWNLOAD_DAMAGED,
 *   ABORTED, and the errors of {@link convertPack}
 * @example
 * await pullPack({ directory: 'packs/kdtalker', acceptLicences: true });
 * const talker = await Talker.load('packs/kdtalker');
 */
export async function pullPack(options: PullOptions): Promise<PackManifest> {
  checkOptions(options);
  return longCall('Pulling the pack', [options.signal], (signal) => pull({ ...options, signal }), 'kept');
}

async function pull(options: PullOptions): Promise<PackManifest> {
  const { directory, signal, onProgress } = options;
  const hub = hubOf(options);
  // Checks before an hour of downloading, not after it.
  await requireEmpty(resolve(directory));
  const downloads = options.downloads ?? `${resolve(directory)}.download`;
  const files = await describeFiles(hub, signal);
  await askForLicences(files, options);
  await downloadAll(hub, files, downloads, {
    signal,
    onBytes: (name, done, total) => onProgress?.({ stage: 'download', name, done, total }),
  });
  const manifest = await convertPack({
    kdtalker: placeOf(downloads, fileOf('kdtalker')),
    wav2lip: placeOf(downloads, fileOf('wav2lip')),
    liveportrait: downloads,
    directory,
    ...(options.fingerprint !== undefined && { fingerprint: options.fingerprint }),
    ...(signal && { signal }),
    ...(onProgress && {
      onProgress: ({ stage, network, done, total }) => onProgress({ stage, name: network, done, total }),
    }),
  });
  if (options.downloads === undefined) await removeDownloads(downloads, files);
  return manifest;
}

async function describeFiles(hub: Hub, signal: AbortSignal | undefined): Promise<PullFile[]> {
  throwIfAborted(signal, 'Downloading');
  const found = await listFiles(hub, RELEASED_FILES, signal);
  return RELEASED_FILES.map((file, i) => ({ ...file, ...found[i]! }));
}

/** Nested folders of both repositories, where `packs convert` looks for them. */
function placeOf(downloads: string, { path }: ReleasedFile): string {
  return join(downloads, path);
}

function fileOf(source: ReleasedFile['source']): ReleasedFile {
  return RELEASED_FILES.find((file) => file.source === source)!;
}

function checkOptions({ directory, downloads, acceptLicences }: PullOptions): void {
  for (const [name, path] of Object.entries({ directory, ...(downloads !== undefined && { downloads }) }))
    if (typeof path !== 'string' || path === '') throw invalidArgument('the path of a folder', name, path);
  if (typeof acceptLicences !== 'boolean' && typeof acceptLicences !== 'function')
    throw invalidArgument('true, false or a function', 'acceptLicences', acceptLicences);
}
