import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { types } from 'node:util';
import { orAborted } from '../abort.js';
import { invalidArgument, KdtalkerError, throwIfAborted } from '../errors.js';
import { outputError } from '../files/output-error.js';
import { openTemporaryFile } from '../files/temporary-file.js';
import type { TemporaryPath } from '../files/temporary-path.js';

/**
 * Reads a stream to its end into a temporary file, piece by piece. Always destroys the stream.
 *
 * @param name the stream's name in messages
 * @throws SPEECH_UNREADABLE if the stream fails, OUTPUT_DISK_FULL, OUTPUT_UNWRITABLE, INVALID_ARGUMENT, ABORTED
 */
export async function spool(
  stream: Readable,
  name: string,
  signal: AbortSignal | undefined,
): Promise<TemporaryPath> {
  const what = `Reading ${name}`;
  try {
    throwIfAborted(signal, what);
    const { place, handle } = await openTemporaryFile('speech');
    const copied = copy(stream, name, handle, place).finally(() => handle.close());
    try {
      throwIfAborted(signal, what);
      await orAborted(copied, { signal, what });
      return place;
    } catch (error) {
      copied.catch(() => {}); // the signal may fire first
      await place.remove();
      throw error;
    }
  } finally {
    stream.destroy();
  }
}

async function copy(
  stream: Readable,
  name: string,
  handle: FileHandle,
  { path }: TemporaryPath,
): Promise<void> {
  for await (const piece of orUnreadable(stream, name)) {
    if (!types.isUint8Array(piece)) throw invalidArgument('a stream of bytes', 'speech', piece);
    await handle.writeFile(piece).catch((cause: unknown) => {
      throw outputError(cause, path);
    });
  }
}

async function* orUnreadable(stream: Readable, name: string): AsyncGenerator<unknown> {
  try {
    yield* stream;
  } catch (cause) {
    if (cause instanceof KdtalkerError) throw cause;
    const message = `Expected sound for speech but received ${name}, which failed: ${(cause as Error).message}`;
    throw new KdtalkerError('SPEECH_UNREADABLE', message, { cause });
  }
}
