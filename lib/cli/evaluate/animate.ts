import { type AnimatedBench, animateBench } from '../../evaluate/bench/animate.js';
import { loadTalker, step } from '../animate/animate.js';
import { planOptions } from '../animate/plan.js';
import type { Context } from '../command.js';
import { needed } from '../packs/options.js';
import type { Paint } from '../report/reporter.js';
import type { AnimateBenchValues } from './options.js';

/** `kdtalker evaluate animate`. @throws as `animateBench()`, and every KdtalkerError of loading */
export async function animate(values: AnimateBenchValues, context: Context): Promise<void> {
  const need = (value: string | undefined, option: string) => needed(value, option, 'evaluate animate');
  const { reporter, signal } = context;
  const [bench, out] = [need(values.bench, '--bench DIR'), need(values.out, '--out DIR')];
  const options = await planOptions(values);
  const talker = await step(context, 'load', () => loadTalker(values, context));
  try {
    const made = await animateBench(talker, {
      ...{ bench, out, signal, animate: options },
      speed: !values['no-speed'],
      onProgress: ({ done, total }) => reporter.progress({ stage: 'render', done, total, fps: 0 }),
    });
    reporter.result((paint) => describe(out, made, paint), { out, ...made });
  } finally {
    await talker.close();
  }
}

function describe(folder: string, { videos, skipped }: AnimatedBench, paint: Paint): string[] {
  return [
    `${paint('strong', folder)}: ${videos.length} videos`,
    ...skipped.map(({ name, why }) => `left out ${name}: ${why}`),
  ];
}
