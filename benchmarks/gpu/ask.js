import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = (name) => fileURLToPath(new URL(name, import.meta.url));
/** torch.compile tries kernels for minutes. */
const TIMEOUT_MS = 1_800_000;

/**
 * What a program beside this file prints in its last line, as JSON; an end with an error is a refusal.
 *
 * @param runner the program that runs it, such as Python
 * @param settings it is given, as JSON
 * @returns what it printed, or {refused}, a sentence
 */
export async function ask(runner, file, settings, signal) {
  try {
    const options = { timeout: TIMEOUT_MS, maxBuffer: 1 << 26, ...(signal && { signal }) };
    const { stdout } = await promisify(execFile)(runner, [program(file), JSON.stringify(settings)], options);
    return JSON.parse(lastLine(stdout));
  } catch (error) {
    if (signal?.aborted) throw error;
    return { refused: sentenceOf(error) };
  }
}

const lastLine = (text = '') => text.trim().split('\n').at(-1);

/** Of a program that cannot be started, has not printed JSON, was ended by a signal, or says why it ended. */
function sentenceOf(error) {
  if (error instanceof SyntaxError) return `it printed no result (${error.message})`;
  if (error.signal) return `it was ended by ${error.signal}`;
  return lastLine(error.stderr) || error.message;
}
