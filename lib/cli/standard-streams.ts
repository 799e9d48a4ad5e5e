import { checkInputFile } from '../media/input.js';
import { isPipe } from '../media/pipe.js';
import { wrongValue } from './option.js';

/** In the place of an input file's name. */
export const STANDARD_INPUT = '-';

/** What an option names: a file by its path, or standard input. */
export function inputOf(path: string): string | typeof process.stdin {
  return path === STANDARD_INPUT ? process.stdin : path;
}

/** In the place of an output file's name. */
export const STANDARD_OUTPUT = '-';

/** What an option names to be written. @throws INVALID_ARGUMENT for a terminal */
export function outputOf(path: string): string | typeof process.stdout {
  if (path !== STANDARD_OUTPUT) return path;
  if (process.stdout.isTTY)
    throw wrongValue('a pipe or a file behind standard output', '--out', 'a terminal');
  return process.stdout;
}

/** That an input can be read, as a file or as what can be read only once: standard input or a pipe. @throws FILE_NOT_FOUND */
export async function checkReadable(path: string, what: string): Promise<void> {
  if (path !== STANDARD_INPUT && !(await isPipe(path))) await checkInputFile(path, what);
}

/** Standard input holds one thing. @throws INVALID_ARGUMENT */
export function checkOneStandardInput({ portrait, speech }: { portrait?: string; speech?: string }): void {
  if (portrait === STANDARD_INPUT && speech === STANDARD_INPUT)
    throw wrongValue('a file beside --portrait -', '--speech', speech);
}
