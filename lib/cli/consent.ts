import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { KdtalkerError, throwIfAborted } from '../errors.js';

/** Where a question is asked and answered. */
export interface Dialogue {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined };
}

/** What a question is about. */
export interface Question {
  /** Said before it. */
  lines: readonly string[];
  text: string;
}

const STANDARD: Dialogue = { input: process.stdin, output: process.stderr };

/** Throws INVALID_ARGUMENT where there is no terminal to ask on. */
export function requireTerminal(flag: string, { input, output }: Dialogue = STANDARD): void {
  if (input.isTTY === true && output.isTTY === true) return;
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected ${flag}, or a terminal to ask on, but received neither`,
  );
}

/**
 * Asks once, on a terminal; everything but `y` and `yes` is a no, the end of the input too.
 *
 * @throws KdtalkerError ABORTED
 */
export async function askForConsent(
  { lines, text }: Question,
  signal: AbortSignal,
  { input, output }: Dialogue = STANDARD,
): Promise<boolean> {
  throwIfAborted(signal, 'Asking');
  for (const line of lines) output.write(`${line}\n`);
  // Not in the terminal's raw mode: Ctrl-C stays the signal that it is everywhere else.
  const dialogue = createInterface({ input, output, terminal: false });
  try {
    const ended = once(dialogue, 'close', { signal }).then(() => '');
    const answer = await Promise.race([dialogue.question(`${text} [y/N] `, { signal }), ended]);
    return /^\s*y(es)?\s*$/i.test(answer);
  } catch (error) {
    throwIfAborted(signal, 'Asking');
    throw error;
  } finally {
    dialogue.close();
  }
}
