import { open } from 'node:fs/promises';
import { readFully } from '../files/whole-io.js';
import { checkInputFile, notFound } from './input.js';

/**
 * Returns the first bytes of a file or buffer.
 *
 * @param what the argument's name in messages
 * @throws FILE_NOT_FOUND
 */
export async function headOf(input: string | Uint8Array, what: string): Promise<Uint8Array> {
  if (typeof input !== 'string') return input.subarray(0, 16);
  await checkInputFile(input, what);
  const file = await open(input).catch((cause: unknown) => {
    throw notFound(input, what, 'which may not be read', cause);
  });
  try {
    const head = new Uint8Array(16);
    return head.subarray(0, await readFully(file, head, 0));
  } finally {
    await file.close();
  }
}
