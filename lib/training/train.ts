import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { longCall } from '../abort.js';
import { invalidArgument, KdtalkerError } from '../errors.js';
import { orOutputError } from '../files/output-error.js';
import { removeFolder } from '../files/scratch-folder.js';
import { TemporaryPath } from '../files/temporary-path.js';
import { replaceDenoiser } from '../packs/kdtalker/replace-denoiser.js';
import type { PackProgress } from '../packs/kdtalker/write.js';
import type { PackManifest } from '../packs/manifest.js';
import { type Pack, readPack } from '../packs/pack.js';
import { verifyPack } from '../packs/verify.js';
import { beginningOf, publishedStatistics } from './beginning.js';
import { Evaluator, type RunEvaluation } from './evaluator.js';
import { History } from './history.js';
import { runTrainer, type TrainingEvent } from './process.js';
import { findPython, type Python } from './python.js';

/** The trainer's own default of checkpoint-every. */
const CHECKPOINT_EVERY = 10_000;

/** Options of {@link train}. */
export interface TrainOptions {
  /** The dataset's folder. */
  dataset: string;
  /** The run's folder: checkpoints, history and chart. If it has a checkpoint, the run goes on from it. */
  out: string;
  /** The pack whose denoiser the trained one replaces; undefined: no pack is made. */
  pack: string | undefined;
  /** A checkpoint to begin with: a run's, or the released one, which goes on with the published statistics. */
  from?: string | undefined;
  /**
   * Whether motion is normalised with the published statistics, not with the dataset's own. Default: where `from` has none, as the released
   * checkpoint.
   */
  published?: boolean | undefined;
  /** Checkpoints that make videos, which are measured, while the training goes on; needs a pack. Default none. */
  evaluation?: RunEvaluation | undefined;
  /** Processes that share each batch, one for each GPU. */
  processes: number;
  /** Options of the trainer, by their names in training/cli.py. */
  settings: Readonly<Record<string, string | number | boolean>>;
  signal?: AbortSignal | undefined;
  onEvent?: ((event: TrainingEvent) => void) | undefined;
  /** Called while the pack is made and verified. */
  onProgress?: ((progress: Pick<PackProgress, 'stage' | 'done' | 'total'>) => void) | undefined;
}

/** What a training has made. */
export interface TrainResult {
  step: number;
  /** The checkpoint with the lowest validation loss; without validation the last one. */
  checkpoint: string;
  chart: string;
  /** The folder of the pack, and its description. */
  pack: { directory: string; manifest: PackManifest } | undefined;
}

/**
 * Trains a denoiser on a dataset, then makes a pack with it and verifies that. When the signal fires, the trainer keeps a checkpoint; the
 * same call goes on from there and gives the same bits as one that was never stopped.
 *
 * @throws KdtalkerError PYTHON_NOT_FOUND, TRAINING_FAILED, PACK_NOT_FOUND, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED, and the errors of
 *   making a pack
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  return longCall('The training', [options.signal], (signal) => run({ ...options, signal }), 'kept');
}

async function run(options: TrainOptions): Promise<TrainResult> {
  const { out, signal } = options;
  checkEvaluation(options);
  const python = await findPython(signal);
  const base = options.pack === undefined ? undefined : await readPack(options.pack);
  await orOutputError(mkdir(out, { recursive: true }), out);
  const history = await History.open(out, `kdtalker train ${out}`);
  const step = await learn(options, python, history, base);
  signal?.throwIfAborted();
  const checkpoint = await bestCheckpoint(out);
  const pack = base && (await packOf(base, checkpoint, options));
  return { step, checkpoint, chart: history.chart, pack };
}

/** Runs the trainer, and evaluates beside it. @returns the last step */
async function learn(
  options: TrainOptions,
  python: Python,
  history: History,
  pack: Pack | undefined,
): Promise<number> {
  const { out, processes, signal, evaluation, onEvent } = options;
  const tell = (event: TrainingEvent) => {
    history.add(event);
    onEvent?.(event);
  };
  const evaluator = evaluation && pack && (await Evaluator.open(evaluation, { out, pack, signal, tell }));
  const scratch = await orOutputError(TemporaryPath.makeFolder(out, 'training'), out);
  let step = 0;
  const take = (event: TrainingEvent) => {
    step = event.step;
    tell(event);
    evaluator?.take(event);
  };
  try {
    const args = await argumentsOf(options, scratch.path);
    const rendezvous = join(scratch.path, 'rendezvous');
    await runTrainer({ python, args, processes, rendezvous, signal, onEvent: take });
    await evaluator?.finish();
  } finally {
    await evaluator?.close();
    await scratch.remove();
    await history.close();
  }
  return step;
}

async function argumentsOf(
  { dataset, out, from, published, settings, signal }: TrainOptions,
  scratch: string,
): Promise<string[]> {
  const given = Object.entries(settings).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, String(value)],
  );
  const goesOn = (await newestCheckpoint(out)) !== undefined;
  const beginning = from === undefined || goesOn ? undefined : await beginningOf(from, scratch, signal);
  const isPublished = published ?? beginning?.hasStatistics === false;
  const statistics = isPublished ? ['--statistics', await publishedStatistics(scratch)] : [];
  const begin = beginning ? ['--from', beginning.checkpoint] : [];
  return ['--dataset', dataset, '--out', out, ...begin, ...statistics, ...given];
}

/** Evaluations need what a checkpoint does not have: the other networks, and a checkpoint at their steps. */
function checkEvaluation({ evaluation, pack, settings }: TrainOptions): void {
  if (!evaluation) return;
  const between = Number(settings['checkpoint-every'] ?? CHECKPOINT_EVERY);
  if (evaluation.every % between !== 0)
    throw invalidArgument(`a multiple of checkpoint-every, ${between},`, 'evaluate-every', evaluation.every);
  if (pack === undefined) throw invalidArgument('a pack', 'evaluate-every', undefined);
}

async function bestCheckpoint(out: string): Promise<string> {
  const best = join(out, 'best.pth');
  if (existsSync(best)) return best;
  const last = await newestCheckpoint(out);
  if (last !== undefined) return last;
  throw new KdtalkerError('TRAINING_FAILED', `Expected a checkpoint in '${out}' but there is none`);
}

/** The checkpoint from which a run goes on. */
async function newestCheckpoint(out: string): Promise<string | undefined> {
  const names = (await readdir(out)).filter((name) => /^step-\d+\.pth$/.test(name));
  const last = names.sort().at(-1);
  return last === undefined ? undefined : join(out, last);
}

/** The pack of a run, which replaces that of an earlier end. */
async function packOf(
  pack: Pack,
  checkpoint: string,
  { out, signal, onProgress }: TrainOptions,
): Promise<TrainResult['pack']> {
  const directory = join(out, 'pack');
  await removeFolder(directory);
  const progress = (event: PackProgress) => onProgress?.(event);
  await replaceDenoiser({ pack, checkpoint, directory, onProgress: progress, ...(signal && { signal }) });
  const made = await readPack(directory);
  await verifyPack(made, {
    onProgress: ({ done, total }) => onProgress?.({ stage: 'check', done, total }),
    ...(signal && { signal }),
  });
  return { directory, manifest: made.manifest };
}
