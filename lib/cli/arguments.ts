import { parseArgs } from 'node:util';
import { KdtalkerError } from '../errors.js';
import { nearest } from '../suggest.js';
import { COMMON_OPTIONS, type Command } from './command.js';
import type { Option, OptionTable, Values } from './option.js';

/** A parsed command line. */
export interface Arguments {
  readonly values: Values<OptionTable>;
  readonly operands: readonly string[];
  /** Whether help was requested; if so, nothing else was checked. */
  readonly help: boolean;
}

/** The options of a command: its own and the common ones. Its own replaces a common one of the same name. */
export function optionsOf(command: Command): OptionTable {
  return { ...command.options, ...COMMON_OPTIONS, ...command.options };
}

/**
 * Reads the words after the command. If an option is given twice, the last one counts, unless it takes several.
 *
 * @param name the command as typed, `kdtalker packs list`
 * @throws INVALID_ARGUMENT
 */
export function readArguments(name: string, command: Command, argv: readonly string[]): Arguments {
  const table = optionsOf(command);
  const { tokens } = parseArgs({
    args: [...argv],
    options: forParseArgs(table),
    strict: false,
    tokens: true,
  });
  const typed = tokens.filter((token) => token.kind === 'option');
  if (typed.some((token) => token.name === 'help')) return { values: {}, operands: [], help: true };
  const values: Record<string, unknown> = {};
  for (const token of typed) {
    const value = readOption(name, table, token);
    const isAdded = table[token.name]!.many && values[token.name] !== undefined;
    values[token.name] = isAdded ? [values[token.name], value].flat() : value;
  }
  const operands = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  checkOperands(name, command, operands);
  return { values, operands, help: false };
}

/** Whether a flag was typed, before the command is known. */
export function hasFlag(argv: readonly string[], flag: string): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes(`--${flag}`);
}

/** The message for a name that is not one of `names`. */
export function unknownName(
  kind: string,
  typed: string,
  names: readonly string[],
  help: string,
): KdtalkerError {
  const near = nearest(typed, names);
  const advice = near === undefined ? `See '${help}'` : `Did you mean ${near}?`;
  return new KdtalkerError('INVALID_ARGUMENT', `Expected ${kind} but received ${typed}. ${advice}`);
}

type OptionToken = {
  name: string;
  rawName: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
};

/** Letters for options that are typed often. */
export const LETTERS: Readonly<Record<string, string>> = { help: 'h', out: 'o' };

/** parseArgs only splits the line into words: its own messages have no suggestions and another form. */
function forParseArgs(table: OptionTable) {
  const entries = Object.entries(table).map(([name, option]) => {
    const type = option.placeholder === undefined ? ('boolean' as const) : ('string' as const);
    const short = LETTERS[name];
    return [name, short === undefined ? { type } : { type, short }] as const;
  });
  return Object.fromEntries(entries);
}

function readOption(command: string, table: OptionTable, token: OptionToken): unknown {
  const { name, rawName, value } = token;
  const option = Object.hasOwn(table, name) ? table[name] : undefined;
  if (option === undefined) throw unknownOption(command, table, rawName);
  if (option.placeholder === undefined) {
    if (value === undefined) return option.read('', rawName);
    throw new KdtalkerError('INVALID_ARGUMENT', `Expected no value for ${rawName} but received '${value}'`);
  }
  return option.read(readValue(option, token), rawName);
}

/** A value may begin with a dash (a negative number), but a forgotten one must not swallow the next option. */
function readValue(option: Option<unknown>, { rawName, value, inlineValue }: OptionToken): string {
  const missing = value === undefined || (!inlineValue && /^--?[a-z]/i.test(value));
  if (!missing) return value;
  const received = value === undefined ? 'nothing' : `the option ${value}`;
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected ${option.placeholder} for ${rawName} but received ${received}`,
  );
}

function unknownOption(command: string, table: OptionTable, rawName: string): KdtalkerError {
  const foreign = Object.entries(table).find(([, option]) =>
    option.also?.includes(rawName.replace(/^-+/, '')),
  );
  const names = foreign ? [foreign[0]] : Object.keys(table);
  const help = `${command} --help`;
  if (!foreign)
    return unknownName(
      'a known option',
      rawName,
      names.map((name) => `--${name}`),
      help,
    );
  const message = `Expected a known option but received ${rawName}. Did you mean --${foreign[0]}?`;
  return new KdtalkerError('INVALID_ARGUMENT', message);
}

function checkOperands(name: string, { operands: wanted = [] }: Command, given: readonly string[]): void {
  const received = (index: number) => (given[index] === undefined ? 'nothing' : `'${given[index]}'`);
  if (given.length < wanted.length) {
    const message = `Expected ${wanted[given.length]} for '${name}' but received nothing. See '${name} --help'`;
    throw new KdtalkerError('INVALID_ARGUMENT', message);
  }
  if (given.length === wanted.length) return;
  const message = `Expected no more words for '${name}' but received ${received(wanted.length)}. See '${name} --help'`;
  throw new KdtalkerError('INVALID_ARGUMENT', message);
}
