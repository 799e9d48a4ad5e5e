import type { FileHandle } from 'node:fs/promises';
import { throwIfAborted } from '../errors.js';

/** Bytes of a piece: hashing one holds the event loop for about a millisecond. */
const PIECE = 1 << 20;
/** One call of the system at most; larger ones are cut. */
const MOST = 2 ** 28;

/** The signal that stops reading a file, and the name of the work in the error. */
export interface PieceOptions {
  signal: AbortSignal | undefined;
  what: string;
}

/**
 * Fills `bytes` from offset `at` of a file. A single system call may read less than requested.
 *
 * @returns the number of bytes read, smaller than requested only at the end of the file
 */
export async function readFully(file: FileHandle, bytes: Uint8Array, at: number): Promise<number> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesRead } = await file.read(bytes, done, Math.min(MOST, bytes.byteLength - done), at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Writes all of `bytes` at offset `at` of a file. A single system call may write less than requested. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const length = Math.min(MOST, bytes.byteLength - done);
    done += (await file.write(bytes, done, length, at + done)).bytesWritten;
  }
}

/** A file from its beginning, piece by piece, in memory that the next piece overwrites. @throws KdtalkerError ABORTED */
export async function* piecesOf(
  file: FileHandle,
  { signal, what }: PieceOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = Buffer.allocUnsafe(PIECE);
  for (let at = 0; ; ) {
    throwIfAborted(signal, what);
    const { bytesRead } = await file.read(buffer, 0, PIECE, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
