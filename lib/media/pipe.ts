import { constants, open } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { notFound } from './input.js';

/** Whether a value is a stream of bytes, or can be read like one. */
export function isStream(value: unknown): value is AsyncIterable<Uint8Array> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** Whether a path names a pipe, whose bytes can be read only once. */
export async function isPipe(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFIFO() === true;
}

/**
 * A named pipe as a stream. Opened without waiting for whoever writes, which would hold a thread that nothing can interrupt; the event
 * loop waits instead.
 *
 * @param what the argument's name in messages
 */
export async function openPipe(path: string, what: string): Promise<Readable> {
  // Not a FileHandle, which would close what the socket owns.
  const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      throw notFound(path, what, 'which may not be read', cause);
    },
  );
  return new Socket({ fd, readable: true, writable: false });
}
