import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { KdtalkerError, throwIfAborted } from '../errors.js';

/** The terminal for a question and its answer. */
export interface Dialogue {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined };
}

/** A question. */
export interface Question {
  /** The text before the question. */
  lines: readonly string[];
  text: string;
}

const STANDARD: Dialogue = { input: process.stdin, output: process.stderr };

/** Throws INVALID_ARGUMENT if there is no terminal. */
export function requireTerminal(flag: string, { input, output }: Dialogue = STANDARD): void {
  if (input.isTTY === true && output.isTTY === true) return;
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected ${flag}, or a terminal on which to ask, but received neither`,
  );
}

/**
 * Asks once, on a terminal; every answer except `y` and `yes` means no, as does the end of the input.
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
  // Without the terminal's raw mode, so that Ctrl-C remains a signal.
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
