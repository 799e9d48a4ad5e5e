import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { invalidArgument } from '../errors.js';
import { outputError } from '../media/output-error.js';

/** Throws INVALID_ARGUMENT for what cannot be a path. */
export function checkPath(file: unknown, name: string): asserts file is string {
  if (typeof file !== 'string' || file === '') throw invalidArgument('a path', name, file);
}

/** Writes a file that has its name only once it is whole. @throws KdtalkerError OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL */
export async function writeWholeFile(file: string, contents: string | Uint8Array): Promise<void> {
  const name = `.${path.basename(file).slice(0, 60)}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
  const temporary = path.join(path.dirname(file), name);
  try {
    await writeFile(temporary, contents);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {}); // the first error says more
    throw outputError(cause, file);
  }
}
