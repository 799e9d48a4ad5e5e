import { resolve } from 'node:path';
import { readDataset } from '../../dataset/dataset.js';
import { invalidArgument } from '../../errors.js';
import type { RunEvaluation } from '../../training/evaluator.js';
import type { TrainingEvent } from '../../training/process.js';
import { train as runTraining, type TrainResult } from '../../training/train.js';
import type { Context } from '../command.js';
import { duration } from '../layout.js';
import { needed } from '../packs/options.js';
import { TRAINER_OPTIONS, type TrainValues } from './options.js';

/** Lines about the loss in a log, over a whole run. */
const LINES = 20;
/** Events that always have a line. */
const LOOKS: readonly TrainingEvent['event'][] = ['validation', 'samples', 'evaluation'];

/** `kdtalker train`. @throws the errors of lib/training/train.ts, DATASET_INVALID, INVALID_ARGUMENT */
export async function train(values: TrainValues, { reporter, signal }: Context): Promise<void> {
  const dataset = needed(values.dataset, '--dataset DIR', 'train');
  const out = needed(values.out, '--out DIR', 'train');
  const { pack } = await readDataset(dataset);
  const begun = performance.now();
  const tell = teller(reporter);
  const result = await runTraining({
    dataset,
    out,
    pack: values['no-pack'] ? undefined : (values.pack ?? pack.directory),
    from: values.from,
    published: values.statistics === undefined ? undefined : values.statistics === 'published',
    evaluation: evaluationOf(values),
    processes: values.gpus ?? 1,
    settings: settingsOf(values),
    signal,
    onEvent: tell,
    onProgress: (progress) => reporter.progress({ ...progress, fps: 0 }),
  });
  const seconds = (performance.now() - begun) / 1000;
  reporter.result((paint) => describe(result, seconds, (word) => paint('strong', word)), {
    step: result.step,
    checkpoint: resolve(result.checkpoint),
    chart: resolve(result.chart),
    pack: result.pack && resolve(result.pack.directory),
    seconds,
  });
}

function evaluationOf(values: TrainValues): RunEvaluation | undefined {
  const { bench, 'evaluate-every': every } = values;
  if (bench === undefined && every === undefined) return undefined;
  if (every !== undefined)
    return { every, bench: needed(bench, '--bench DIR with --evaluate-every', 'train') };
  throw invalidArgument('--evaluate-every STEPS', '--bench', bench);
}

function settingsOf(values: TrainValues): Record<string, string | number | boolean> {
  const given = Object.entries(values).filter(([name]) => name in TRAINER_OPTIONS);
  return Object.fromEntries(given) as Record<string, string | number | boolean>;
}

/** Tells of progress: every event to programs; to people a bar, and now and then the loss. */
function teller(reporter: Context['reporter']): (event: TrainingEvent) => void {
  let steps = 1;
  let told = 0;
  return ({ event, ...numbers }) => {
    if (event === 'begin') {
      steps = Number(numbers.steps);
      told = Math.floor((LINES * numbers.step) / steps);
    }
    const mark = Math.floor((LINES * numbers.step) / steps);
    const isDue = LOOKS.includes(event) || (event === 'step' && mark > told);
    if (event === 'step') told = mark;
    reporter.notice(isDue ? [lineOf(event, numbers)] : [], event, numbers);
    if (event === 'step' || event === 'begin')
      reporter.progress({ stage: 'train', done: numbers.step, total: steps, fps: 0 });
  };
}

function lineOf(event: string, numbers: Omit<TrainingEvent, 'event'>): string {
  const shown = [
    'loss',
    'pose',
    'expression',
    'rate',
    'samples',
    'lips',
    'cpbd',
    'lipDynamics',
    'lipSync',
    'lmd',
  ].flatMap((name) => {
    const value = numbers[name];
    return typeof value === 'number' ? [`${name} ${value.toPrecision(3)}`] : [];
  });
  return `step ${numbers.step}, ${event === 'step' ? 'training' : event}: ${shown.join(', ')}`;
}

function describe(
  { step, checkpoint, chart, pack }: TrainResult,
  seconds: number,
  strong: (word: string) => string,
): string[] {
  const made = pack ? [`${strong(pack.directory)}: ${pack.manifest.name}, verified`] : [];
  return [...made, `${checkpoint}: step ${step}, in ${duration(seconds)}; the curves are in ${chart}`];
}
