import type { Progress } from '../../talker/progress.js';
import type { Terminal, Tone } from '../terminal.js';

/**
 * What a command does: `download`, `write` and `check` make a pack, `lower` rewrites one for this processor; the others are what goes
 * before a clip's own stages, and those.
 */
export type Stage = 'download' | 'write' | 'check' | 'load' | 'lower' | 'portrait' | Progress['stage'];

/** In the order in which they begin; later ones overlap with earlier ones. */
export const STAGES: readonly Stage[] = [
  ...(['download', 'write', 'check', 'load', 'lower', 'portrait'] as const),
  ...(['track', 'motion', 'audio', 'sample', 'render', 'encode'] as const),
];

/** Progress of a clip, or of a stage of the command with one step: 0 of 1, 1 of 1. */
export interface StageProgress extends Omit<Progress, 'stage'> {
  stage: Stage;
}

/** The error as it is printed. */
export interface Failure {
  /** A code of ERROR_CODES, or the name of an error nobody foresaw. */
  code: string;
  message: string;
  /** For `--debug`. */
  stack?: string | undefined;
}

/** Colours a word where the output shows colours. */
export type Paint = (tone: Tone, word: string) => string;

/** How a command tells what it does. */
export interface Reporter {
  /** May be called for every frame; what is shown of it is the reporter's business. */
  progress(progress: StageProgress): void;
  /** A new pass over a clip begins: its stages come again. */
  pass(): void;
  /** What has to be known before the work goes on: lines for people, an event for machines. */
  notice(lines: readonly string[], event: string, data: Readonly<Record<string, unknown>>): void;
  /** The result, as text for people and as data for machines. */
  result(describe: (paint: Paint) => readonly string[], data: Readonly<Record<string, unknown>>): void;
  failure(failure: Failure): void;
  /** Leaves the terminal as it was found. Fine to call twice. */
  close(): void;
}

/** The result for people, on stdout. */
export function printResult(terminal: Terminal, describe: (paint: Paint) => readonly string[]): void {
  for (const line of describe((tone, word) => terminal.paint(tone, word))) terminal.out(line);
}

/** A failure for people: one line, and the stack where it is asked for. */
export function printFailure(terminal: Terminal, { code, message, stack }: Failure): void {
  terminal.note(
    `${terminal.paintNote('bad', 'kdtalker:')} ${terminal.paintNote('strong', `${code}:`)} ${message}`,
  );
  if (stack !== undefined) terminal.note(stack);
}
