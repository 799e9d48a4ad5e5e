import { rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { longCall, orAborted } from '../../abort.js';
import { invalidArgument, KdtalkerError, throwIfAborted } from '../../errors.js';
import { downloadFile } from '../hub/download.js';
import { type Hub, type HubOptions, hubOf } from '../hub/endpoint.js';
import { type HubFile, listFiles } from '../hub/listing.js';
import type { PackManifest } from '../manifest.js';
import { convertPack } from './convert.js';
import { RELEASED_FILES, type ReleasedFile } from './released-files.js';
import { type PackProgress, requireEmpty, type WritePackOptions } from './write.js';

/** A file that is about to be downloaded, with what it may be used for. */
export type PullFile = ReleasedFile & HubFile;

/** How far a pull is: the files come, then the pack is written, then its networks are run once. */
export interface PullProgress {
  stage: 'download' | PackProgress['stage'];
  /** The file being downloaded, or the network being written or run. */
  name: string;
  /** Bytes so far, those of an earlier run among them, and in all; networks in the stage `check`. */
  done: number;
  total: number;
}

/** Options of {@link pullPack}. */
export interface PullOptions extends HubOptions, Omit<WritePackOptions, 'onProgress'> {
  /** Where the pack goes; a new or empty folder. */
  directory: string;
  /**
   * Where the files go, and stay; files that are there are not fetched again. Default: `<directory>.download`, which is
   * removed once the pack is made, and kept where that fails, so that the next run goes on.
   */
  downloads?: string;
  /** Asked once, before anything is downloaded, whether the licences of the files are accepted; or that answer. */
  acceptLicences: boolean | ((files: readonly PullFile[]) => boolean | Promise<boolean>);
  onProgress?: (progress: PullProgress) => void;
}

/**
 * Fetches the released checkpoints of KDTalker, Wav2Lip's audio encoder and LivePortrait from the public model hub, about a
 * gigabyte, and makes a pack of them. What is downloaded is checked against the hub's sizes and SHA-256, and goes on where
 * an earlier run ended. The pack is for non-commercial use.
 *
 * @throws KdtalkerError INVALID_ARGUMENT, LICENCE_REFUSED, DOWNLOAD_FAILED, DOWNLOAD_DENIED (set `HF_TOKEN`), DOWNLOAD_DAMAGED,
 *   ABORTED, and what {@link convertPack} throws
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
  // Before an hour of downloading, not after it.
  await requireEmpty(resolve(directory));
  const downloads = options.downloads ?? `${resolve(directory)}.download`;
  const files = await describeFiles(hub, signal);
  await askForLicences(files, options);
  await downloadAll(hub, files, downloads, options);
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

async function askForLicences(
  files: readonly PullFile[],
  { acceptLicences, signal }: PullOptions,
): Promise<void> {
  const asked = async () => (typeof acceptLicences === 'function' ? acceptLicences(files) : acceptLicences);
  const accepted = await orAborted(asked(), { signal, what: 'Asking for consent' });
  throwIfAborted(signal, 'Downloading');
  if (accepted) return;
  throw new KdtalkerError(
    'LICENCE_REFUSED',
    'Expected the licences of the files to be accepted but they were not. Nothing was downloaded',
  );
}

/** One after the other: a file fills the line by itself, and one that fails leaves the others whole. */
async function downloadAll(
  hub: Hub,
  files: readonly PullFile[],
  downloads: string,
  { signal, onProgress }: PullOptions,
): Promise<void> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  for (const file of files) {
    await downloadFile(hub, file, placeOf(downloads, file), {
      onBytes: (bytes) => onProgress?.({ stage: 'download', name: file.path, done: before + bytes, total }),
      ...(signal && { signal }),
    });
    before += file.bytes;
  }
}

/** The files, and the folders that are empty then: whatever else somebody put there stays. */
async function removeDownloads(downloads: string, files: readonly PullFile[]): Promise<void> {
  for (const file of files) {
    await rm(placeOf(downloads, file), { force: true });
    for (let folder = dirname(file.path); ; folder = dirname(folder)) {
      await rmdir(join(downloads, folder)).catch(() => {}); // not empty yet, or gone already
      if (folder === '.') break;
    }
  }
}

/** The folders of both repositories, one in the other, where `packs convert` looks for them. */
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
