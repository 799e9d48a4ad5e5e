import { checkInputFile } from '../media/input.js';
import { isPipe } from '../media/pipe.js';
import { wrongValue } from './option.js';

/** The word that replaces an input file's name. */
export const STANDARD_INPUT = '-';

/** The input of an option: a file by its path, or standard input. */
export function inputOf(path: string): string | typeof process.stdin {
  return path === STANDARD_INPUT ? process.stdin : path;
}

/** The word that replaces an output file's name. */
export const STANDARD_OUTPUT = '-';

/** The output of an option. @throws INVALID_ARGUMENT for a terminal */
export function outputOf(path: string): string | typeof process.stdout {
  if (path !== STANDARD_OUTPUT) return path;
  if (process.stdout.isTTY)
    throw wrongValue('a pipe or a file behind standard output', '--out', 'a terminal');
  return process.stdout;
}

/** Checks that an input can be read: a file, or standard input or a pipe, which can be read only once. @throws FILE_NOT_FOUND */
export async function checkReadable(path: string, what: string): Promise<void> {
  if (path !== STANDARD_INPUT && !(await isPipe(path))) await checkInputFile(path, what);
}

/** Checks that portrait and speech are not both standard input. @throws INVALID_ARGUMENT */
export function checkOneStandardInput({ portrait, speech }: { portrait?: string; speech?: string }): void {
  if (portrait === STANDARD_INPUT && speech === STANDARD_INPUT)
    throw wrongValue('a file beside --portrait -', '--speech', speech);
}
