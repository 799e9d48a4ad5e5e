import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { types } from 'node:util';
import { invalidArgument, quote } from '../errors.js';
import type { TemporaryPath } from '../files/temporary-path.js';
import { type FileInput, fileOf } from './file-input.js';
import { isPipe, isStream, openPipe } from './pipe.js';
import { type LastingSound, openSound, type Sound, type SoundOptions } from './sound.js';
import type { RawSound } from './sources/raw.js';
import { spool } from './spool.js';

/**
 * A sound input: a path (also of a pipe) or a `file:` URL; the bytes of a sound or video file; a stream of such bytes, which is read once;
 * or PCM.
 */
export type SoundInput = FileInput | AsyncIterable<Uint8Array> | RawSound;

/** Removes the file of an input that was dropped without close(). */
const dropped = new FinalizationRegistry<Kept>(({ file }) => void remove(file));

/** The temporary file of an input that can be read only once; undefined for any other input. */
interface Kept {
  file?: Promise<TemporaryPath | undefined>;
}

/**
 * A sound that can be opened repeatedly. An input that can be read only once, a stream or a pipe, is copied to a temporary file at the
 * first open; the file stays until close().
 */
export class ReusableSound {
  readonly #input: SoundInput;
  #given: Promise<Given> | undefined;
  readonly #track: number | undefined;
  /** A separate object, because it may outlive this one for a moment. */
  readonly #kept: Kept = {};

  /** @param track the index of the sound track, as in {@link openSound} */
  constructor(input: SoundInput, track?: number) {
    this.#input = input;
    this.#track = track;
    dropped.register(this, this.#kept, this);
  }

  /** @throws the errors of openSound; INVALID_ARGUMENT for a stream that was read before */
  async open({ signal }: Pick<SoundOptions, 'signal'> = {}): Promise<Sound> {
    const options = { signal, track: this.#track };
    this.#given ??= givenAs(this.#input);
    const input = await this.#given;
    this.#kept.file ??= keep(input, signal);
    const file = await this.#kept.file;
    if (file === undefined) return openSound(input as LastingSound, options);
    return openSound(file.path, { ...options, name: nameOf(input) });
  }

  /** Removes the temporary file. May be called twice. */
  async close(): Promise<void> {
    dropped.unregister(this);
    await remove(this.#kept.file);
  }
}

/** Returns a path, bytes or PCM, which can be read again, or a stream. */
type Given = LastingSound | AsyncIterable<Uint8Array>;

async function givenAs(input: SoundInput): Promise<Given> {
  return isFile(input) ? fileOf(input, 'speech', 'a path, bytes, a stream or PCM') : input;
}

/** Returns a file, or a common substitute for one; typed arrays of numbers are samples. */
function isFile(input: unknown): input is FileInput {
  if (typeof input === 'string' || types.isUint8Array(input) || types.isDataView(input)) return true;
  if (types.isAnyArrayBuffer(input) || types.isPromise(input) || input instanceof URL) return true;
  return typeof (input as { arrayBuffer?: unknown } | null)?.arrayBuffer === 'function';
}

/** Begins at once to read an input that can be read only once. */
async function keep(input: Given, signal: AbortSignal | undefined): Promise<TemporaryPath | undefined> {
  const stream = await streamOf(input);
  return stream && spool(stream, nameOf(input), signal);
}

async function streamOf(input: Given): Promise<Readable | undefined> {
  if (typeof input === 'string') return (await isPipe(input)) ? openPipe(input, 'speech') : undefined;
  return !types.isUint8Array(input) && isStream(input) ? unread(input) : undefined;
}

async function remove(file: Kept['file']): Promise<void> {
  await (await file?.catch(() => undefined))?.remove();
}

function nameOf(input: Given): string {
  return typeof input === 'string' ? quote(input) : 'a stream';
}

/** Converts to a Node.js stream. @throws INVALID_ARGUMENT if a part of it was already read */
function unread(input: AsyncIterable<Uint8Array>): Readable {
  const { locked } = input as { locked?: boolean };
  const isUsed = input instanceof Readable ? input.readableDidRead || input.destroyed : locked === true;
  if (isUsed) throw invalidArgument('a stream that nothing has read from', 'speech', input);
  if (input instanceof Readable) return input;
  if (typeof (input as { getReader?: unknown }).getReader === 'function')
    return Readable.fromWeb(input as ReadableStream);
  return Readable.from(input, { objectMode: true });
}
