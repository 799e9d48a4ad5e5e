import { finished, type Writable } from 'node:stream';
import { invalidArgument } from '../errors.js';
import { outputError, unwritable } from '../files/output-error.js';
import type { Target } from '../files/whole-file.js';

/**
 * A stream as the destination of a video. It is ended when the video is complete. If an error follows the first byte, it is destroyed, so
 * that its reader does not take a part for the whole; before the first byte it is left untouched.
 */
export class OutputStream implements Target<OutputStream> {
  readonly temporary = this;
  readonly #stream: Writable;
  readonly #name: string;
  readonly #isOurs: boolean;
  readonly #forget: () => void;
  #bytes = 0;
  #isTouched = false;
  #broken: unknown;
  /** Rejects the pending write. */
  #fail: (error: unknown) => void = () => {};

  /**
   * @param name the stream's name in messages
   * @param isOurs whether nobody else uses the stream: then every failure of the video destroys it
   * @throws INVALID_ARGUMENT if the value is not a stream, or the stream has ended
   */
  constructor(stream: Writable, name: string, isOurs = false) {
    checkWritable(stream);
    this.#stream = stream;
    this.#name = name;
    this.#isOurs = isOurs;
    this.#forget = finished(stream, { readable: false }, (cause) => this.#break(cause));
  }

  /** Resolves when the stream has taken the bytes; a slow reader delays the caller. @throws OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL */
  async write(bytes: Uint8Array): Promise<void> {
    this.#isTouched = true;
    await this.#do((done) => this.#stream.write(bytes, done));
    this.#bytes += bytes.length;
  }

  /** Ends the stream. @returns bytes written @throws OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL */
  async commit(): Promise<number> {
    await this.#do((done) => this.#stream.end(done));
    return this.#bytes;
  }

  async discard(): Promise<void> {
    if (this.#isOurs || this.#isTouched) this.#stream.destroy();
    else this.#forget();
  }

  #do(work: (done: (cause?: Error | null) => void) => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#broken !== undefined) return reject(this.#broken);
      this.#fail = reject;
      work((cause) => (cause ? reject(this.#error(cause)) : resolve()));
    });
  }

  #break(cause: Error | null | undefined): void {
    if (!cause) return;
    this.#broken ??= this.#error(cause);
    this.#fail(this.#broken);
  }

  #error(cause: Error): unknown {
    const { code } = cause as NodeJS.ErrnoException;
    if (!READER_GONE.includes(code ?? '')) return outputError(cause, this.#name);
    return unwritable(this.#name, 'its reader closed it before the video was whole', cause);
  }
}

/** The error codes of Node.js and the system for a stream without a reader. */
const READER_GONE = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'];

/** @throws INVALID_ARGUMENT for a value that is neither a path nor a stream, and for a stream that has ended */
export function checkWritable(output: unknown): void {
  if (!isWritable(output))
    throw invalidArgument('a path or a stream that can be written', 'the output', output);
}

/** Accepts also responses of `node:http`, which are not instances of Writable. */
function isWritable(value: unknown): boolean {
  const { write, end, on, writable } = (value ?? {}) as Partial<Writable>;
  return [write, end, on].every((method) => typeof method === 'function') && writable === true;
}
