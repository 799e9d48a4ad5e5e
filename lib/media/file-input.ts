import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { invalidArgument, KdtalkerError, quote } from '../errors.js';
import { bytesOfView } from './view-bytes.js';

/** A file as callers give it: a path, a `file:` URL, or its bytes. */
export type FileInput = string | URL | ArrayBuffer | ArrayBufferView | Blob;

/**
 * Returns the path or the bytes of a caller's argument.
 *
 * @param what the argument's name in messages
 * @param expected the allowed values, in messages
 * @throws INVALID_ARGUMENT; for an address, a data: URL, a Response or a promise the message shows how to get its bytes
 */
export async function fileOf(input: FileInput, what: string, expected: string): Promise<string | Uint8Array> {
  if (typeof input === 'string') return pathOf(input, what, expected);
  if (input instanceof URL) return pathOf(input.href, what, expected);
  if (types.isUint8Array(input)) return input;
  if (types.isAnyArrayBuffer(input)) return new Uint8Array(input);
  if (ArrayBuffer.isView(input)) return bytesOfView(input, what);
  if (input instanceof Blob) return new Uint8Array(await input.arrayBuffer());
  throw notAFile(input, what, expected);
}

function pathOf(text: string, what: string, expected: string): string {
  const scheme = /^(data:|[a-z][a-z0-9+.-]+:\/\/)/i.exec(text)?.[0].toLowerCase();
  if (scheme === undefined) return text;
  if (scheme === 'file://') return fileURLToPath(text);
  const way =
    scheme === 'data:'
      ? "Give its bytes: Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')"
      : 'Fetch it and give its bytes: await (await fetch(url)).arrayBuffer()';
  const received = scheme === 'data:' ? 'a data: URL' : `the address ${quote(text)}`;
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected ${expected} for ${what} but received ${received}. ${way}.`,
  );
}

/** Common wrong values, and the advice for each. */
function notAFile(input: unknown, what: string, expected: string): KdtalkerError {
  const { message } = invalidArgument(expected, what, input);
  return new KdtalkerError('INVALID_ARGUMENT', `${message}${wayOut(input)}`);
}

function wayOut(input: unknown): string {
  if (types.isPromise(input)) return '. Await it first';
  const { arrayBuffer } = (input ?? {}) as { arrayBuffer?: unknown };
  return typeof arrayBuffer === 'function' ? '. Give its bytes: await response.arrayBuffer()' : '';
}
