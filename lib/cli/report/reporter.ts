import type { Progress } from '../../talker/host/progress.js';
import type { Terminal, Tone } from '../terminal.js';

/**
 * The stages of a command. `train` is a training; `videos` counts those of a dataset; `download`, `write` and `check` make a pack, `lower`
 * rewrites one for this processor; `cut` and `measure` belong to evaluations; the others are the preparations of a clip and the clip's own
 * stages.
 */
export type Stage =
  | 'train'
  | 'videos'
  | 'download'
  | 'write'
  | 'check'
  | 'load'
  | 'lower'
  | 'portrait'
  | 'cut'
  | 'measure'
  | Progress['stage'];

/** In the order of their beginnings; later stages overlap with earlier ones. */
export const STAGES: readonly Stage[] = [
  ...(['train', 'videos', 'download', 'write', 'check', 'load', 'lower', 'portrait'] as const),
  ...(['track', 'motion', 'audio', 'sample', 'render', 'encode', 'cut', 'measure'] as const),
];

/** Progress of a clip, or of a one-step stage of the command: 0 of 1, 1 of 1. */
export interface StageProgress extends Omit<Progress, 'stage'> {
  stage: Stage;
}

/** The printed form of an error. */
export interface Failure {
  /** A code of ERROR_CODES, or the name of an unexpected error. */
  code: string;
  message: string;
  /** The stack trace for `--debug`. */
  stack?: string | undefined;
}

/** Colours a word if the output shows colours. */
export type Paint = (tone: Tone, word: string) => string;

/** Prints the progress and the result of a command. */
export interface Reporter {
  /** May be called for every frame; the reporter decides what it shows. */
  progress(progress: StageProgress): void;
  /** A new pass over a clip begins: its stages start again. */
  pass(): void;
  /** Information before the work: lines for people, an event for machines. */
  notice(lines: readonly string[], event: string, data: Readonly<Record<string, unknown>>): void;
  /** The result, as text for people and as data for machines. */
  result(describe: (paint: Paint) => readonly string[], data: Readonly<Record<string, unknown>>): void;
  failure(failure: Failure): void;
  /** Restores the terminal. May be called twice. */
  close(): void;
}

/** The result for people, on stdout. */
export function printResult(terminal: Terminal, describe: (paint: Paint) => readonly string[]): void {
  for (const line of describe((tone, word) => terminal.paint(tone, word))) terminal.out(line);
}

/** A failure for people: one line, and the stack if requested. */
export function printFailure(terminal: Terminal, { code, message, stack }: Failure): void {
  terminal.note(
    `${terminal.paintNote('bad', 'kdtalker:')} ${terminal.paintNote('strong', `${code}:`)} ${message}`,
  );
  if (stack !== undefined) terminal.note(stack);
}
