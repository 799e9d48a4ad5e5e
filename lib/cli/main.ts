import { inspect } from 'node:util';
import { KdtalkerError } from '../errors.js';
import { version } from '../version.js';
import { hasFlag, readArguments, unknownName } from './arguments.js';
import type { Command } from './command.js';
import { commandHelp, groupHelp } from './help.js';
import { Interrupt } from './interrupt.js';
import { type FoundCommand, find } from './registry.js';
import { BarReporter } from './report/bar.js';
import { JsonReporter } from './report/json.js';
import { LineReporter } from './report/lines.js';
import { QuietReporter } from './report/quiet.js';
import type { Reporter } from './report/reporter.js';
import { Terminal } from './terminal.js';
import { tellWarnings } from './warnings.js';

/** The ways in which a run ends, besides signals. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Runs the command line after the program's name; returns the exit code. Never rejects, never exits by itself. */
export async function main(argv: readonly string[]): Promise<number> {
  const terminal = new Terminal((await isStdoutTaken(argv)) ? process.stderr : process.stdout);
  const reporter = chooseReporter(argv, terminal, await hasOwnJson(argv));
  const interrupt = new Interrupt();
  const giveBackWarnings = tellWarnings(reporter);
  try {
    return await dispatch(argv, terminal, reporter, interrupt);
  } catch (error) {
    return fail(error, argv, reporter, interrupt);
  } finally {
    interrupt.ignore();
    giveBackWarnings();
    reporter.close();
  }
}

/** Reads the flags before the command is known, so that the error for a wrong command also has the requested format. */
function chooseReporter(argv: readonly string[], terminal: Terminal, ownJson: boolean): Reporter {
  if (hasFlag(argv, 'json') && !ownJson) return new JsonReporter(terminal);
  if (hasFlag(argv, 'quiet')) return new QuietReporter(terminal);
  return terminal.interactive ? new BarReporter(terminal) : new LineReporter(terminal);
}

/** Whether the command has its own `--json`, which does not choose the reporter. */
async function hasOwnJson(argv: readonly string[]): Promise<boolean> {
  if (!hasFlag(argv, 'json')) return false;
  const found = await find(argv).catch(() => undefined);
  return found?.kind === 'command' && found.command.options.json !== undefined;
}

const OUT = /^(--out|-o)$/;

/** Whether a video goes to stdout, before the command line is validated. */
async function isStdoutTaken(argv: readonly string[]): Promise<boolean> {
  const isAsked = argv.some(
    (word, i) => /^(--out=|-o)-$/.test(word) || (OUT.test(word) && argv[i + 1] === '-'),
  );
  if (!isAsked) return false;
  const found = await find(argv).catch(() => undefined);
  return found?.kind === 'command' && found.command.writesVideo === true;
}

async function dispatch(
  argv: readonly string[],
  terminal: Terminal,
  reporter: Reporter,
  interrupt: Interrupt,
) {
  if (argv[0] === '--version' || argv[0] === '-V') return print(terminal, version());
  const found = await find(argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv);
  if (found.kind === 'group') return runGroup(found, terminal);
  const { name, command, rest } = found;
  const { values, operands, help } = readArguments(name, command, rest);
  if (help) return print(terminal, commandHelp(name, command));
  return runCommand(command, values, operands, reporter, interrupt);
}

async function runCommand(
  command: Command,
  values: Parameters<Command['run']>[0],
  operands: readonly string[],
  reporter: Reporter,
  interrupt: Interrupt,
): Promise<number> {
  interrupt.listen();
  return command.run(values, operands, { reporter, signal: interrupt.signal });
}

/** A group does nothing by itself: it prints its help, which is a success only if help was requested. */
function runGroup(group: Extract<FoundCommand, { kind: 'group' }>, terminal: Terminal): number {
  const [first] = group.rest;
  if (first === '--help' || first === '-h') return print(terminal, groupHelp(group));
  if (first !== undefined) {
    throw unknownName(`a command of '${group.name}'`, first, ['--help', '--version'], `${group.name} --help`);
  }
  terminal.note(groupHelp(group));
  return EXIT.usage;
}

function print(terminal: Terminal, text: string): number {
  terminal.out(text);
  return EXIT.ok;
}

function fail(error: unknown, argv: readonly string[], reporter: Reporter, interrupt: Interrupt): number {
  const wantsStack = hasFlag(argv, 'debug') || Boolean(process.env.KDTALKER_DEBUG);
  const stack = wantsStack ? inspect(error) : undefined;
  const known = error instanceof KdtalkerError;
  if (interrupt.received !== undefined) {
    reporter.failure({ code: 'ABORTED', message: `Stopped by ${interrupt.received}`, stack });
    return interrupt.exitCode;
  }
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  reporter.failure({ code: known ? error.code : name, message, stack });
  return known && error.code === 'INVALID_ARGUMENT' ? EXIT.usage : EXIT.failed;
}
