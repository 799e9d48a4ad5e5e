import { readdir } from 'node:fs/promises';
import { unknownName } from './arguments.js';
import type { Command, Group } from './command.js';

/** The program's name, as typed. */
export const PROGRAM = 'kdtalker';
/** A file here is a command with the same name; a folder is a group of commands, described by its index. */
const COMMANDS = new URL('./commands/', import.meta.url);

/** An entry of a list in the help. */
export interface Listed {
  name: string;
  summary: string;
}

/** The command or group that the first words of a command line name. */
export type FoundCommand =
  | { kind: 'command'; name: string; command: Command; rest: readonly string[] }
  | { kind: 'group'; name: string; summary: string; members: Listed[]; rest: readonly string[] };

/** Finds the command or group named by the first words of `argv`; no words name the program itself. @throws INVALID_ARGUMENT */
export async function find(argv: readonly string[]): Promise<FoundCommand> {
  let folder = COMMANDS;
  const words = [PROGRAM];
  for (const [index, word] of argv.entries()) {
    if (word.startsWith('-')) break;
    const name = words.join(' ');
    const entry = (await entriesOf(folder)).find((known) => known.name === word);
    if (!entry) throw await unknownCommand(word, folder, name);
    words.push(word);
    if (!entry.isGroup) {
      const command = await loadCommand(folder, word);
      return { kind: 'command', name: words.join(' '), command, rest: argv.slice(index + 1) };
    }
    folder = new URL(`${word}/`, folder);
  }
  return openGroup(folder, words.join(' '), argv.slice(words.length - 1));
}

/** Every command by its name, for tests of all commands. */
export async function allCommands(
  folder = COMMANDS,
  prefix = PROGRAM,
): Promise<[name: string, command: Command][]> {
  const lists = (await entriesOf(folder)).map(async ({ name, isGroup }) => {
    const full = `${prefix} ${name}`;
    if (isGroup) return allCommands(new URL(`${name}/`, folder), full);
    return [[full, await loadCommand(folder, name)]] as [string, Command][];
  });
  return (await Promise.all(lists)).flat();
}

async function openGroup(folder: URL, name: string, rest: readonly string[]): Promise<FoundCommand> {
  const { summary } = folder === COMMANDS ? { summary: '' } : await loadGroup(folder);
  const members = (await entriesOf(folder)).map(async (entry) => ({
    name: entry.name,
    summary: entry.isGroup
      ? (await loadGroup(new URL(`${entry.name}/`, folder))).summary
      : (await loadCommand(folder, entry.name)).summary,
  }));
  return { kind: 'group', name, summary, members: await Promise.all(members), rest };
}

async function unknownCommand(word: string, folder: URL, name: string): Promise<Error> {
  const names = (await entriesOf(folder)).map((entry) => entry.name);
  return unknownName(`a command of '${name}'`, word, names, `${name} --help`);
}

async function entriesOf(folder: URL): Promise<{ name: string; isGroup: boolean }[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).flatMap((entry) => {
    if (entry.isDirectory()) return [{ name: entry.name, isGroup: true }];
    const name = /^([a-z][a-z-]*)\.js$/.exec(entry.name)?.[1];
    return name === undefined || name === 'index' ? [] : [{ name, isGroup: false }];
  });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function loadCommand(folder: URL, name: string): Promise<Command> {
  return ((await import(new URL(`${name}.js`, folder).href)) as { command: Command }).command;
}

async function loadGroup(folder: URL): Promise<Group> {
  return ((await import(new URL('index.js', folder).href)) as { group: Group }).group;
}
