import { KdtalkerError } from '../errors.js';

/** The error of a file operation on an output, by the system's error code. One that already is ours is kept. */
export function outputError(cause: unknown, path: string): KdtalkerError {
  if (cause instanceof KdtalkerError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, cause);
  if (code === 'ENOENT') return unwritable(path, 'its directory does not exist: create it first', cause);
  if (code === 'EACCES' || code === 'EPERM')
    return unwritable(path, 'its directory may not be written', cause);
  if (code === 'EROFS') return unwritable(path, 'its file system is read-only', cause);
  return unwritable(path, message, cause);
}

export function diskFull(path: string, cause?: unknown): KdtalkerError {
  const message = `Expected room on the disk for '${path}' but it is full. Free space or choose another place.`;
  return new KdtalkerError('OUTPUT_DISK_FULL', message, { cause });
}

export function unwritable(path: string, why: string, cause?: unknown): KdtalkerError {
  return new KdtalkerError(
    'OUTPUT_UNWRITABLE',
    `Expected a writable output but received '${path}': ${why}.`,
    { cause },
  );
}
