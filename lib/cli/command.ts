import { flag, type OptionTable, section, type Values } from './option.js';
import type { Reporter } from './report/reporter.js';

/** The context of a command besides its arguments. */
export interface Context {
  /** Where progress and results go. */
  readonly reporter: Reporter;
  /** Triggered by Ctrl-C and similar signals: stop the work, clean up, and let ABORTED through. */
  readonly signal: AbortSignal;
}

/** One command. Its file, `commands/<name>.ts`, gives it its name. */
export interface Command<T extends OptionTable = OptionTable> {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The text after the command's name in the usage line. */
  readonly usage: string;
  /** Paragraphs of its help between the summary and the options. */
  readonly about?: readonly string[];
  /** Whether `--out -` means standard output: then everything else goes to stderr. */
  readonly writesVideo?: boolean;
  /** Placeholders of its operands; all of them are required. */
  readonly operands?: readonly string[];
  readonly options: T;
  readonly examples: readonly string[];
  /**
   * Does the work. Heavy modules are imported here and not at the top of the file, so that help is quick and `doctor` runs where they
   * cannot be loaded.
   *
   * @returns the exit code
   */
  run(values: Values<T>, operands: readonly string[], context: Context): Promise<number>;
}

/** Commands in a folder `commands/<name>/`, described by its `index.ts`. */
export interface Group {
  readonly summary: string;
}

/** Types the argument of a command's `run` by its options. */
export function defineCommand<const T extends OptionTable>(command: Command<T>): Command {
  return command as unknown as Command;
}

/** Options of every command. */
export const COMMON_OPTIONS = section('Everywhere', {
  json: flag('Print one JSON object a line and nothing else on stdout'),
  quiet: flag('Print nothing but errors', { also: ['silent'] }),
  debug: flag('Print the stack of an error too', { also: ['verbose'] }),
  help: flag('Print this'),
});
