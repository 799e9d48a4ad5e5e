import { constants, open } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { outputError } from '../files/output-error.js';
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
 * Opens a named pipe as a stream. Does not wait for a writer, which would block a thread without a way to interrupt it; the event loop
 * waits instead.
 *
 * @param what the argument's name in messages
 */
export async function openPipe(path: string, what: string): Promise<Readable> {
  // A FileHandle would close the descriptor that the socket owns.
  const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      throw notFound(path, what, 'which may not be read', cause);
    },
  );
  return new Socket({ fd, readable: true, writable: false });
}

/** Milliseconds between two attempts to find a reader. */
const PERIOD = 20;

/**
 * Opens a named pipe for writing, as soon as it has a reader. It polls: the system reports a reader only to a blocked thread, which nothing
 * can interrupt.
 *
 * @throws OUTPUT_UNWRITABLE; the signal's AbortError
 */
export async function openOutputPipe(path: string, signal: AbortSignal | undefined): Promise<Writable> {
  for (;;) {
    try {
      const fd = await promisify(open)(path, constants.O_WRONLY | constants.O_NONBLOCK);
      return new Socket({ fd, readable: false, writable: true });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENXIO') throw outputError(cause, path);
    }
    await delay(PERIOD, undefined, signal && { signal });
  }
}
