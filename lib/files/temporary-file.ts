import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { outputError } from './output-error.js';
import { TemporaryPath } from './temporary-path.js';

/** Other users must not read a user's sound and pictures. */
const MODE = 0o600;

/**
 * Writes pieces one after the other to a file in the system's folder for temporary ones.
 *
 * @throws OUTPUT_DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function writeTemporaryFile(
  name: string,
  pieces: readonly Uint8Array[],
): Promise<TemporaryPath> {
  return inTemporaryFolder(name, async (place) => {
    await writeFile(place.path, pieces, { flag: 'wx', mode: MODE });
    return place;
  });
}

/** Opens a new file in the system's folder for temporary ones, to write and read. @throws OUTPUT_DISK_FULL, OUTPUT_UNWRITABLE */
export async function openTemporaryFile(name: string): Promise<{ place: TemporaryPath; handle: FileHandle }> {
  return inTemporaryFolder(name, async (place) => ({ place, handle: await open(place.path, 'wx+', MODE) }));
}

async function inTemporaryFolder<T>(name: string, work: (place: TemporaryPath) => Promise<T>): Promise<T> {
  const place = await TemporaryPath.claim(tmpdir(), name);
  try {
    return await work(place);
  } catch (cause) {
    await place.remove();
    throw outputError(cause, place.path);
  }
}
