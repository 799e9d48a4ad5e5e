import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { type PieceOptions, piecesOf } from './whole-io.js';

/** SHA-256 of the concatenated parts, in hexadecimal digits. */
export function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = newHash();
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** An incremental SHA-256. */
export function newHash(): Hash {
  return createHash('sha256');
}

/** Hashes an open file from its beginning; the hash can be continued. @throws KdtalkerError ABORTED, the system's errors */
export async function hashFile(
  file: FileHandle,
  options: PieceOptions,
): Promise<{ hash: Hash; bytes: number }> {
  const hash = newHash();
  let bytes = 0;
  for await (const piece of piecesOf(file, options)) {
    hash.update(piece);
    bytes += piece.byteLength;
  }
  return { hash, bytes };
}

/** SHA-256 of the file at a path, in hexadecimal digits. @throws KdtalkerError ABORTED, the system's errors */
export async function sha256OfFile(path: string, options: PieceOptions): Promise<string> {
  const file = await open(path);
  try {
    return (await hashFile(file, options)).hash.digest('hex');
  } finally {
    await file.close();
  }
}
