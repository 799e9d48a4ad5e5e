import { stat } from 'node:fs/promises';
import { KdtalkerError, quote } from '../errors.js';

/**
 * Checks that an input path names an existing regular file.
 *
 * @param what the argument's name in messages: 'portrait', 'speech'
 * @returns its size in bytes
 * @throws FILE_NOT_FOUND
 */
export async function checkInputFile(path: string, what: string): Promise<number> {
  const status = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw notFound(
      path,
      what,
      cause.code === 'ENOENT' ? 'which does not exist' : `which cannot be read`,
      cause,
    );
  });
  if (status.isDirectory()) throw notFound(path, what, 'which is a directory');
  if (!status.isFile()) throw notFound(path, what, 'which is not a regular file');
  return status.size;
}

/** FILE_NOT_FOUND with its usual message. */
export function notFound(path: string, what: string, why: string, cause?: unknown): KdtalkerError {
  const message = `Expected a readable file for ${what} but received ${quote(path)}, ${why}. Check the path.`;
  return new KdtalkerError('FILE_NOT_FOUND', message, { cause });
}
