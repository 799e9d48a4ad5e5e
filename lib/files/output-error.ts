import { KdtalkerError } from '../errors.js';

/** Whether the system refused a call: errors of the system name the call, errors of programs do not. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/**
 * The error of a file operation on an output, by the system's error code. A KdtalkerError is returned unchanged.
 *
 * @param advice what to do, if not just "choose another place"
 */
export function outputError(cause: unknown, path: string, advice?: string): KdtalkerError {
  if (cause instanceof KdtalkerError) return cause;
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, cause, advice);
  return unwritable(path, reasonOf(cause as NodeJS.ErrnoException), cause, advice);
}

/** The result of work that only writes to an output: what the system refuses is an error of that output. */
export async function orOutputError<T>(work: Promise<T>, path: string): Promise<T> {
  return work.catch((error: unknown) => {
    throw isSystemError(error) ? outputError(error, path) : error;
  });
}

/** OUTPUT_DISK_FULL in the one sentence form. */
export function diskFull(path: string, cause?: unknown, advice = 'Free space or choose another place') {
  const message = `Expected room on the disk for '${path}' but it is full. ${advice}.`;
  return new KdtalkerError('OUTPUT_DISK_FULL', message, { cause });
}

/** OUTPUT_UNWRITABLE in the one sentence form. */
export function unwritable(path: string, why: string, cause?: unknown, advice?: string): KdtalkerError {
  const end = advice === undefined ? '' : ` ${advice}.`;
  const message = `Expected a writable output but received '${path}': ${why}.${end}`;
  return new KdtalkerError('OUTPUT_UNWRITABLE', message, { cause });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'its directory does not exist: create it first';
  if (code === 'EACCES' || code === 'EPERM') return 'its directory may not be written';
  if (code === 'EROFS') return 'its file system is read-only';
  return message;
}
