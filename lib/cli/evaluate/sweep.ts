import { type Sweep, type SweepProgress, sweepBench } from '../../evaluate/bench/sweep.js';
import { loadTalker, step } from '../animate/animate.js';
import { planOptions } from '../animate/plan.js';
import type { Context } from '../command.js';
import { needed } from '../packs/options.js';
import type { Paint, Reporter } from '../report/reporter.js';
import type { SweepValues } from './options.js';
import { tableLines } from './score.js';

/** `kdtalker evaluate sweep`. @throws as `sweepBench()`, and every KdtalkerError of loading */
export async function sweep(values: SweepValues, context: Context): Promise<void> {
  const need = (value: string | undefined, option: string) => needed(value, option, 'evaluate sweep');
  const { steps, window, judges, lse, 'lse-reencode': lseReencode, ...rest } = values;
  const { reporter, signal } = context;
  const [bench, out] = [need(values.bench, '--bench DIR'), need(values.out, '--out DIR')];
  const options = await planOptions(rest);
  const talker = await step(context, 'load', () => loadTalker(values, context));
  try {
    const made = await sweepBench(talker, {
      ...{ bench, out, steps, window, signal, animate: options },
      ...{ pack: values.pack, judges, lse, lseReencode, device: judgeDevice(talker.device) },
      onProgress: (progress) => report(reporter, progress),
    });
    const { table, chart, files } = made;
    reporter.result((paint) => describe(made, paint), { table, chart, files });
  } finally {
    await talker.close();
  }
}

/** The first GPU of a talker that runs plans, or the processor. */
function judgeDevice(device: string): string {
  return /^cuda:\d+/.exec(device)?.[0] ?? 'cpu';
}

function report(reporter: Reporter, { stage, done, total }: SweepProgress): void {
  reporter.progress({ stage: stage === 'animate' ? 'render' : 'measure', done, total, fps: 0 });
}

function describe({ table, chart, files }: Sweep, paint: Paint): string[] {
  return [
    ...tableLines(table),
    '',
    `${paint('strong', chart)} shows quality against speed; ${files.report} the frames`,
  ];
}
