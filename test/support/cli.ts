import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wav } from './media.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const BIN = join(ROOT, 'bin/kdtalker.js');
export const PORTRAIT = join(ROOT, 'examples/portrait.png');

/** A line of `--json`. */
export type Event = Record<string, unknown> & { event: string };

/** How a run of the command ended. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A run of the command under way. */
export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
}

/** Where and how it runs. */
export interface Surroundings {
  cwd?: string;
  env?: Record<string, string | undefined>;
  /** What is written to its standard input, a pipe; default: nothing to read there. */
  input?: Uint8Array;
  /** The launcher; default: the project's own. */
  bin?: string;
}

/** Starts the command as a user would, without the test runner's environment variables. */
export function start(args: readonly string[], { cwd, env, input, bin = BIN }: Surroundings = {}): Running {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: cwd ?? ROOT,
    env: { ...plainEnvironment(), ...env },
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  child.stdin?.on('error', () => {}).end(input); // it may have ended without reading
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (part: string) => {
      text[name] += part;
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...text }));
  return { child, ended };
}

/** Runs the command to its end. */
export function run(args: readonly string[], surroundings?: Surroundings): Promise<Ended> {
  return start(args, surroundings).ended;
}

/** Waits for a part of the command's output; fails if it ends before. */
export async function printed({ child, ended }: Running, pattern: RegExp): Promise<void> {
  let text = '';
  const seen = new Promise<void>((resolve) => {
    child.stdout!.on('data', (part: string) => {
      text += part;
      if (pattern.test(text)) resolve();
    });
  });
  const over = ended.then(({ stderr }) => {
    throw new Error(`Expected ${pattern} before the end but received ${text}${stderr}`);
  });
  over.catch(() => {});
  await Promise.race([seen, over]);
}

/** The lines of `--json`; throws if stdout holds anything else. */
export function events({ stdout }: Ended): Event[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Event);
}

/** The environment without the test runner's own settings. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(TAP|NODE_OPTIONS|NODE_V8|NO_COLOR|FORCE_COLOR|KDTALKER)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/** A WAV file with this many seconds of the example's speech, repeated if necessary. */
export function speechFile(folder: string, seconds: number, name = 'speech.wav'): string {
  const bytes = readFileSync(join(ROOT, 'examples/speech.wav'));
  const rate = bytes.readUInt32LE(24);
  const begin = bytes.indexOf('data') + 8;
  const said = Math.floor((bytes.length - begin) / 2);
  const sample = (_: unknown, i: number) => bytes.readInt16LE(begin + 2 * (i % said));
  const samples = Int16Array.from({ length: Math.round(seconds * rate) }, sample);
  const file = join(folder, name);
  writeFileSync(file, wav({ channels: [samples], rate, raw: true }));
  return file;
}
