import { KdtalkerError } from '../errors.js';
import { MAX_SEED } from '../limits.js';

/**
 * One option of a command. Both the parser and the help use it.
 *
 * @typeParam T the type of the parsed value
 */
export interface Option<T> {
  /** The placeholder of the value in the help; undefined for a flag, which has none. */
  readonly placeholder: string | undefined;
  /** One sentence without its full stop. */
  readonly help: string;
  /** The default in the help of an optional option. */
  readonly fallback?: string | undefined;
  /** Heading in the help. */
  readonly section?: string | undefined;
  /** Inclusive bounds of a number. */
  readonly range?: readonly [from: number, to: number] | undefined;
  readonly choices?: readonly string[] | undefined;
  /** Names from other programs, for which "Did you mean" suggests this option. */
  readonly also?: readonly string[] | undefined;
  /** Whether it may be given repeatedly: its value is the list of all. Otherwise the last one counts. */
  readonly many?: boolean | undefined;
  /** Parses the typed text. `name` is `--pose-scale`. @throws INVALID_ARGUMENT */
  read(typed: string, name: string): T;
}

/** The options of a command by their names without dashes. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The parsed values of a table's options. */
export type Values<T extends OptionTable> = {
  readonly [K in keyof T]?: T[K] extends Option<infer V> ? V : never;
};

/** The optional properties of an option. */
type Extras = Pick<Option<unknown>, 'fallback' | 'also'>;

/** A flag: true if it is given. */
export function flag(help: string, extras: Extras = {}): Option<boolean> {
  return { ...extras, placeholder: undefined, help, read: () => true };
}

/** Any text: a path, a name. */
export function text(placeholder: string, help: string, extras: Extras = {}): Option<string> {
  const read = (typed: string, name: string) => {
    if (typed === '') throw wrongValue(placeholder, name, typed);
    return typed;
  };
  return { ...extras, placeholder, help, read };
}

/** Any text; the option may be given several times. */
export function texts(placeholder: string, help: string, extras: Extras = {}): Option<string[]> {
  const one = text(placeholder, help, extras);
  return { ...one, many: true, read: (typed, name) => [one.read(typed, name)] };
}

/** One of several words. */
export function choice<const W extends string>(
  words: readonly W[],
  help: string,
  extras: Extras = {},
): Option<W> {
  const read = (typed: string, name: string) => {
    const word = words.find((known) => known === typed);
    if (word === undefined) throw wrongValue(`one of ${words.join(', ')}`, name, typed);
    return word;
  };
  return { ...extras, placeholder: 'WORD', help, choices: words, read };
}

/** A whole number. */
export function integer(range: readonly [number, number], help: string, extras: Extras = {}): Option<number> {
  const read = (typed: string, name: string) => readNumber(typed, name, 'an integer', range, /^[+-]?\d+$/);
  return { ...extras, placeholder: 'N', help, range, read };
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A number, with a point for decimals. */
export function decimal(range: readonly [number, number], help: string, extras: Extras = {}): Option<number> {
  const read = (typed: string, name: string) => readNumber(typed, name, 'a number', range, DECIMAL);
  return { ...extras, placeholder: 'X', help, range, read };
}

/** Numbers between commas, one for each word of the placeholder. */
export function decimals(
  placeholder: string,
  range: readonly [number, number],
  help: string,
  extras: Extras = {},
): Option<number[]> {
  const count = placeholder.split(',').length;
  const read = (typed: string, name: string) => {
    const parts = typed.split(',').map((part) => part.trim());
    if (parts.length !== count) throw wrongValue(`${count} numbers (${placeholder})`, name, typed);
    return parts.map((part) => readNumber(part, name, 'a number', range, DECIMAL));
  };
  return { ...extras, placeholder, help, range: range.every(Number.isFinite) ? range : undefined, read };
}

/** Words with commas between them. */
export function choices(placeholder: string, help: string, extras: Extras = {}): Option<string[]> {
  const read = (typed: string, name: string) => {
    const words = typed.split(',').map((word) => word.trim());
    if (words.includes('')) throw wrongValue('words with commas', name, typed);
    return words;
  };
  return { ...extras, placeholder, help, read };
}

/** Whole numbers with commas between them. */
export function integers(
  placeholder: string,
  range: readonly [number, number],
  help: string,
  extras: Extras = {},
): Option<number[]> {
  const one = integer(range, help);
  const read = (typed: string, name: string) => typed.split(',').map((part) => one.read(part.trim(), name));
  return { ...extras, placeholder, help, range, read };
}

/** An integer of 64 bits. */
export function seed(help: string, extras: Extras = {}): Option<bigint> {
  const read = (typed: string, name: string) => {
    const value = /^\d{1,20}$/.test(typed) ? BigInt(typed) : -1n;
    if (value < 0n || value > MAX_SEED) throw wrongValue('an integer from 0 to 2^64 - 1', name, typed);
    return value;
  };
  return { ...extras, placeholder: 'N', help, read };
}

/** Puts options under a heading of the help. */
export function section<T extends OptionTable>(title: string, table: T): T {
  const entries = Object.entries(table).map(([name, option]) => [name, { ...option, section: title }]);
  return Object.fromEntries(entries) as T;
}

function readNumber(
  typed: string,
  name: string,
  kind: string,
  [from, to]: readonly [number, number],
  form: RegExp,
): number {
  const value = form.test(typed) ? Number(typed) : Number.NaN;
  if (value >= from && value <= to) return value;
  const expected = Number.isFinite(to - from) ? `${kind} from ${from} to ${to}` : kind;
  throw wrongValue(expected, name, typed);
}

/** An option that a command cannot do without. */
export function missing(command: string, what: string): KdtalkerError {
  return new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected ${what} but received none. See 'kdtalker ${command} --help'`,
  );
}

/** The usual message for a wrong value. */
export function wrongValue(expected: string, name: string, typed: string): KdtalkerError {
  return new KdtalkerError('INVALID_ARGUMENT', `Expected ${expected} for ${name} but received '${typed}'`);
}
