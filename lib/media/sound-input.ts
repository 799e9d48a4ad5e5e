import { constants, open } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { promisify, types } from 'node:util';
import { invalidArgument } from '../errors.js';
import type { TemporaryPath } from '../files/temporary-path.js';
import { notFound } from './input.js';
import { type LastingSound, openSound, type Sound, type SoundOptions } from './sound.js';
import { spool } from './spool.js';

/**
 * What can be given as sound: a path, also of a pipe; the bytes of a sound or video file; a stream of such bytes, which is read once;
 * or PCM.
 */
export type SoundInput = LastingSound | AsyncIterable<Uint8Array>;

/** Removes the file of an input that was dropped without close(). */
const dropped = new FinalizationRegistry<Kept>(({ file }) => void remove(file));

/** The file of what can be read only once; of anything else undefined. */
interface Kept {
  file?: Promise<TemporaryPath | undefined>;
}

/**
 * A sound that can be opened as often as wanted: what can be read only once, a stream or a pipe, is read into a temporary file when it
 * is opened first, and stays there until close().
 */
export class ReusableSound {
  readonly #input: SoundInput;
  /** Apart from this object, so that it can outlive it for a moment. */
  readonly #kept: Kept = {};

  constructor(input: SoundInput) {
    this.#input = input;
    dropped.register(this, this.#kept, this);
  }

  /** @throws what openSound does; INVALID_ARGUMENT for a stream that was read before */
  async open(options: SoundOptions = {}): Promise<Sound> {
    this.#kept.file ??= this.#keep(options.signal);
    const file = await this.#kept.file;
    if (file === undefined) return openSound(this.#input as LastingSound, options);
    return openSound(file.path, { ...options, name: nameOf(this.#input) });
  }

  /** Removes the temporary file. Fine to call twice. */
  async close(): Promise<void> {
    dropped.unregister(this);
    await remove(this.#kept.file);
  }

  async #keep(signal: AbortSignal | undefined): Promise<TemporaryPath | undefined> {
    const stream = await this.#stream();
    return stream && spool(stream, nameOf(this.#input), signal);
  }

  /** What has to be read at once, if anything. */
  async #stream(): Promise<Readable | undefined> {
    const input = this.#input;
    if (typeof input === 'string') return (await isPipe(input)) ? openPipe(input) : undefined;
    if (isBytes(input)) return undefined;
    return isStream(input) ? unread(input) : undefined;
  }
}

async function remove(file: Kept['file']): Promise<void> {
  await (await file?.catch(() => undefined))?.remove();
}

function nameOf(input: SoundInput): string {
  return typeof input === 'string' ? `'${input}'` : 'a stream';
}

async function isPipe(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFIFO() === true;
}

/**
 * A named pipe as a stream. Opened without waiting for whoever writes, which would hold a thread that nothing can interrupt; the event
 * loop waits instead.
 */
async function openPipe(path: string): Promise<Readable> {
  // Not a FileHandle, which would close what the socket owns.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const fd = await promisify(open)(path, flags).catch((cause: unknown) => {
    throw notFound(path, 'speech', 'which may not be read', cause);
  });
  return new Socket({ fd, readable: true, writable: false });
}

function isBytes(input: unknown): boolean {
  return types.isUint8Array(input);
}

/** For callers that take sound among other things: whether a value is a stream. */
function isStream(value: unknown): value is AsyncIterable<Uint8Array> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** As a Node.js stream. @throws INVALID_ARGUMENT where something of it is gone already */
function unread(input: AsyncIterable<Uint8Array>): Readable {
  const { locked } = input as { locked?: boolean };
  const isUsed = input instanceof Readable ? input.readableDidRead || input.destroyed : locked === true;
  if (isUsed) throw invalidArgument('a stream that nothing has read from', 'speech', input);
  if (input instanceof Readable) return input;
  if (typeof (input as { getReader?: unknown }).getReader === 'function')
    return Readable.fromWeb(input as ReadableStream);
  return Readable.from(input, { objectMode: true });
}
