import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * The paths in a list, a text file with one on each line. They count from the list's folder; empty lines and those that begin with `#` are
 * left out.
 *
 * @throws the system's errors
 */
export async function readPathList(list: string): Promise<string[]> {
  const lines = (await readFile(list, 'utf8')).split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => resolve(dirname(list), line));
}
