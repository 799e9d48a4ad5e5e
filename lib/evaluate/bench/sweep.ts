import { join } from 'node:path';
import { z } from 'zod';
import { longCall } from '../../abort.js';
import { invalidArgument } from '../../errors.js';
import { writeWholeFile } from '../../files/whole-file.js';
import { STEPS, WINDOW } from '../../limits.js';
import type { AnimateOptions } from '../../talker/clip/clip-options.js';
import { safely } from '../../talker/host/progress.js';
import type { AnyTalker } from '../../talker/talker.js';
import { integer, parseOptions } from '../../validate.js';
import type { LseKind } from '../lse-kinds.js';
import { type Evaluation, evaluate } from '../score/evaluate.js';
import { animateBench } from './animate.js';
import { chartOf } from './sweep-chart.js';

/** The progress of {@link sweepBench}: first clips are animated, then videos are measured. */
export interface SweepProgress {
  stage: 'animate' | 'measure';
  done: number;
  total: number;
}

/** Options of {@link sweepBench}. Exactly one of `steps` and `window` is given. */
export interface SweepOptions {
  /** The folder of clips that `prepareBench()` made. */
  bench: string;
  /** A folder for videos and results; a run that was stopped goes on there. */
  out: string;
  /** Numbers of sampling steps to compare, such as `[1, 5, 10, 25, 50]`. */
  steps?: readonly number[] | undefined;
  /** Lengths of the sampling window in frames to compare, with one and the same model. */
  window?: readonly number[] | undefined;
  /** All other options of `talker.animate()`. */
  animate?: Omit<AnimateOptions, 'signal' | 'onProgress'> | undefined;
  /** As for {@link evaluate}. */
  pack?: string | undefined;
  judges?: string | undefined;
  lse?: LseKind | undefined;
  lseReencode?: boolean | undefined;
  /** The device of judges and of `pack`, as for {@link evaluate}. Default `'cpu'`. */
  device?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Errors that it throws are ignored. */
  onProgress?: ((progress: SweepProgress) => void) | undefined;
}

/** The results of {@link sweepBench}: a method for each value, such as `steps-10`. */
export interface Sweep extends Evaluation {
  /** A picture of quality against speed, SVG. */
  chart: string;
}

/** The option that a sweep varies, and its values. */
interface Varied {
  name: 'steps' | 'window';
  values: readonly number[];
}

/**
 * Animates a bench with several numbers of steps, or lengths of the window, and compares quality and speed.
 *
 * @example
 * const { table, chart } = await sweepBench(talker, { bench: 'bench', out: 'sweep', steps: [1, 5, 10, 50] })
 * @throws KdtalkerError as {@link animateBench} and {@link evaluate}
 */
export async function sweepBench(talker: AnyTalker, options: SweepOptions): Promise<Sweep> {
  const varied = variedOf(options);
  const work = (signal: AbortSignal) => sweep(talker, varied, { ...options, signal });
  return longCall('Sweeping', [options.signal], work, 'kept');
}

function variedOf({ steps, window }: SweepOptions): Varied {
  if ((steps === undefined) === (window === undefined))
    throw invalidArgument('exactly one of steps and window', 'the options of sweepBench()', steps ?? null);
  const [name, values, range] = steps
    ? (['steps', steps, STEPS] as const)
    : (['window', window, WINDOW] as const);
  const list = z.array(integer(...range), { error: 'a list of numbers' }).min(1, 'at least one number');
  const checked = parseOptions(list, values, name);
  if (new Set(checked).size < checked.length) throw invalidArgument('different numbers', name, values);
  return { name, values: checked };
}

async function sweep(talker: AnyTalker, { name, values }: Varied, options: SweepOptions): Promise<Sweep> {
  const { bench, out, animate, pack, judges, lse, lseReencode, device, signal } = options;
  const tell = safely(options.onProgress);
  const methods: Record<string, string> = {};
  for (const [done, value] of values.entries()) {
    const method = `${name}-${value}`;
    methods[method] = join(out, method);
    const animated = (part: number) => tell({ stage: 'animate', done: done + part, total: values.length });
    await animateBench(talker, {
      ...{ bench, signal, out: methods[method] },
      animate: { ...animate, [name]: value },
      onProgress: (progress) => animated(progress.done / progress.total),
    });
  }
  const evaluation = await evaluate({
    ...{ bench, methods, signal, pack, judges, lse, lseReencode, device, out: join(out, 'results') },
    onProgress: ({ done, total }) => tell({ stage: 'measure', done, total }),
  });
  const chart = join(out, 'results', 'chart.svg');
  await writeWholeFile(chart, chartOf(evaluation.table, name), signal);
  return { ...evaluation, chart };
}
