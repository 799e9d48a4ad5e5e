import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { KdtalkerError } from '../errors.js';
import { atExit } from '../files/at-exit.js';
import { PACKAGE } from '../installed.js';
import type { Python } from './python.js';

/** A line of the trainer: what happened, at which step, and its numbers. */
export interface TrainingEvent {
  event:
    | 'begin'
    | 'step'
    | 'validation'
    | 'samples'
    | 'checkpoint'
    | 'evaluation'
    | 'done'
    | 'stopped'
    | 'error';
  step: number;
  [name: string]: unknown;
}

/** What a training is started with. */
export interface TrainerOptions {
  python: Python;
  /** The trainer's own command line. */
  args: readonly string[];
  /** Processes that share each batch, one for each GPU. */
  processes: number;
  /** A file by which several processes meet; must not exist. */
  rendezvous: string;
  /** Stops the training: it keeps a checkpoint and ends. */
  signal: AbortSignal | undefined;
  onEvent(event: TrainingEvent): void;
}

const TRAINER = join(PACKAGE, 'training/cli.py');
/** Characters of a traceback that are kept. */
const TAIL = 4000;

/** One process, and what it said about its failure. */
interface Worker {
  child: ChildProcess;
  ended: Promise<number | string>;
  error: string;
}

/**
 * Runs the trainer's processes to their end, and kills the others when one fails.
 *
 * @throws KdtalkerError TRAINING_FAILED with the trainer's own sentence or the end of its traceback
 */
export async function runTrainer(options: TrainerOptions): Promise<void> {
  const workers = Array.from({ length: options.processes }, (_, rank) => startWorker(rank, options));
  const stop = () => signalAll(workers, 'SIGINT');
  const forget = atExit(() => signalAll(workers, 'SIGKILL'));
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted) stop();
  try {
    await Promise.all(workers.map((worker) => orKillOthers(worker, workers)));
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await Promise.allSettled(workers.map(({ ended }) => ended));
    forget();
  }
}

function startWorker(rank: number, { python, args, processes, rendezvous, onEvent }: TrainerOptions): Worker {
  const place = ['--rank', `${rank}`, '--processes', `${processes}`, '--rendezvous', rendezvous];
  // Processes that share a machine would each start a thread for every core.
  const threads = processes > 1 ? { OMP_NUM_THREADS: '1' } : {};
  const env = { ...threads, ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' };
  const child = spawn(python.program, [TRAINER, ...args, ...place], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const worker: Worker = { child, ended: endOf(child), error: '' };
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    worker.error = (worker.error + text).slice(-TAIL);
  });
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const event = parse(line);
    if (event?.event === 'error') worker.error = String(event.message);
    else if (event) onEvent(event);
  });
  return worker;
}

function endOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? -1));
  });
}

/** Lines of libraries that the trainer uses are no events. */
function parse(line: string): TrainingEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isEvent = typeof value === 'object' && value !== null && 'event' in value;
    return isEvent ? (value as TrainingEvent) : undefined;
  } catch {
    return undefined;
  }
}

async function orKillOthers(worker: Worker, all: readonly Worker[]): Promise<void> {
  const end = await worker.ended.catch((cause: unknown) => String(cause));
  if (end === 0) return;
  signalAll(
    all.filter((other) => other !== worker),
    'SIGKILL',
  );
  const reason = worker.error.trim().split('\n').slice(-3).join(' ') || `it ended with ${end}`;
  throw new KdtalkerError('TRAINING_FAILED', `Expected a training that ends well but ${reason}`);
}

function signalAll(workers: readonly Worker[], signal: NodeJS.Signals): void {
  for (const { child } of workers) child.kill(signal);
}
