import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { orAborted } from '../../abort.js';
import { KdtalkerError, throwIfAborted } from '../../errors.js';
import { downloadFile } from './download.js';
import type { Hub } from './endpoint.js';
import type { HubFile, HubPath } from './listing.js';

/** Whether licences are accepted, or who is asked. */
export interface Consent<File> {
  acceptLicences: boolean | ((files: readonly File[]) => boolean | Promise<boolean>);
  signal?: AbortSignal | undefined;
}

/** @throws KdtalkerError LICENCE_REFUSED, ABORTED */
export async function askForLicences<File>(
  files: readonly File[],
  { acceptLicences, signal }: Consent<File>,
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

/** Options of {@link downloadAll}. */
export interface DownloadAllOptions {
  signal?: AbortSignal | undefined;
  /** Called with a file's path, and the bytes of all files so far and in total. */
  onBytes: (path: string, done: number, total: number) => void;
}

/**
 * Downloads files to the same paths in a folder, one at a time: a single file uses the whole bandwidth, and a failed file leaves the others
 * complete.
 *
 * @throws as downloadFile
 */
export async function downloadAll(
  hub: Hub,
  files: readonly HubFile[],
  downloads: string,
  { signal, onBytes }: DownloadAllOptions,
): Promise<void> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  for (const file of files) {
    await downloadFile(hub, file, join(downloads, file.path), {
      onBytes: (bytes) => onBytes(file.path, before + bytes, total),
      ...(signal && { signal }),
    });
    before += file.bytes;
  }
}

/** Removes the files and then the empty folders; keeps everything else that somebody put there. */
export async function removeDownloads(downloads: string, files: readonly HubPath[]): Promise<void> {
  for (const { path } of files) {
    await rm(join(downloads, path), { force: true });
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      await rmdir(join(downloads, folder)).catch(() => {}); // not empty yet, or gone already
      if (folder === '.') break;
    }
  }
}
