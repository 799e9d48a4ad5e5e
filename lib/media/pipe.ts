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

/** Milliseconds between two attempts to find a reader. */
const PERIOD = 20;

/**
 * A named pipe to write to, as soon as somebody reads it. The system does not tell when that is, except to a thread that waits and that
 * nothing can interrupt.
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
