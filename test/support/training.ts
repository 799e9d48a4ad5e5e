import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expectedWeights } from '../../dist/packs/kdtalker/networks.js';
import { writeSafetensors } from '../../dist/packs/safetensors.js';
import { formulaWeights } from '../../dist/packs/weights/formula.js';
import { findPython } from '../../dist/training/python.js';
import { plainEnvironment } from './cli.js';
import { goldenFile } from './golden.js';

const SCRIPTS = fileURLToPath(new URL('../training/', import.meta.url));
const TRAINER = fileURLToPath(new URL('../../training/cli.py', import.meta.url));

/** The Python with PyTorch, or undefined with the reason, by which tests that need one are skipped. */
const found = await findPython().then(
  ({ program }) => ({ program, reason: undefined }),
  (error: Error) => ({ program: undefined, reason: `no Python with PyTorch: ${error.message}` }),
);

/** For the options of a test: why it is skipped, or false. */
export const withoutTorch: string | false = found.reason ?? false;

/** What tells a program under test where the Python is. One thread: more make steps this small slower. */
export const torchEnvironment = () => ({
  ...plainEnvironment(),
  OMP_NUM_THREADS: '1',
  ...(found.program !== undefined && { KDTALKER_PYTHON: found.program }),
});

/** Runs a script of test/training and returns what it printed. */
export async function script(name: string, ...args: string[]): Promise<string> {
  const options = { env: torchEnvironment(), maxBuffer: 1e8 };
  const { stdout } = await promisify(execFile)(found.program!, [join(SCRIPTS, name), ...args], options);
  return stdout;
}

/** A line of a training. */
export type Line = Record<string, number | string | number[]> & { event: string };

/** Runs trainings in one process, one after the other. @returns the lines of all */
export async function train(...runs: string[][]): Promise<Line[]> {
  return linesOf(await script('runs.py', JSON.stringify(runs)));
}

export const linesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);

/** Starts a process of a training. */
export function startTrainer(args: string[]): ChildProcess {
  return spawn(found.program!, [TRAINER, ...args], {
    env: torchEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Waits for a line of an event, of that step or a later one. */
export async function lineOf(child: ChildProcess, event: string, step = 0): Promise<Line> {
  for await (const text of createInterface({ input: child.stdout! })) {
    const line = JSON.parse(text) as Line;
    if (line.event === event && Number(line.step ?? 0) >= step) return line;
  }
  throw new Error(`Expected a line '${event}' of step ${step} but the training ended before`);
}

/** Waits for the end. @returns the exit code, or the signal */
export async function ended(child: ChildProcess): Promise<number | string> {
  child.stdout!.resume();
  const [code, signal] =
    child.exitCode === null && child.signalCode === null ? await once(child, 'close') : [];
  return code ?? signal ?? child.exitCode ?? child.signalCode;
}

/** A dataset of made clips: sound and motion have the same hidden cause. */
export async function madeDataset(folder: string, train: number, validation: number, frames: number) {
  await script('made.py', folder, String(train), String(validation), String(frames));
  return folder;
}

/** How the checkpoints of each pair differ. */
export async function compare(
  ...pairs: [string, string][]
): Promise<{ same: boolean; tensors: number; distance: number }[]> {
  return JSON.parse(await script('compare.py', ...pairs.flat()));
}

/** The files of the golden batch; another set may be named in `KDTALKER_GOLDEN_TRAINING`. */
export function goldenTraining(): { json: string; tensors: string } {
  const folder = process.env.KDTALKER_GOLDEN_TRAINING;
  const place = (name: string) => (folder ? join(folder, name) : goldenFile(name));
  const [json, tensors] = [place('training.json'), place('training.safetensors')];
  if (!existsSync(json)) throw new Error(`Expected the golden batch in ${json} but it is not there`);
  return { json, tensors };
}

/** The denoiser's weights by formula, as a .safetensors file. */
export function formulaCheckpoint(file: string, salt: string): string {
  const weights = formulaWeights(salt).kdtalker;
  const tensors = expectedWeights().kdtalker.map(({ key, dims }) => [
    key,
    { dims: [...dims], data: weights.floats(key, dims) },
  ]);
  writeFileSync(file, writeSafetensors(Object.fromEntries(tensors)));
  return file;
}
