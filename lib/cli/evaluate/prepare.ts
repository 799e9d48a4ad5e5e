import { type PreparedBench, prepareBench } from '../../evaluate/bench/prepare.js';
import type { Context } from '../command.js';
import { needed } from '../packs/options.js';
import type { Paint } from '../report/reporter.js';
import type { PrepareValues } from './options.js';

/** `kdtalker evaluate prepare`. @throws as `prepareBench()` */
export async function prepare(values: PrepareValues, { reporter, signal }: Context): Promise<void> {
  const need = (value: string | undefined, option: string) => needed(value, option, 'evaluate prepare');
  const { videos, out, ...rest } = values;
  const { seconds, crop, size, threads } = rest;
  const folder = need(out, '--out DIR');
  const made = await prepareBench({
    videos: need(videos, '--videos PATH'),
    out: folder,
    ...{ seconds, crop, size, threads, signal },
    onProgress: ({ done, total }) => reporter.progress({ stage: 'cut', done, total, fps: 0 }),
  });
  reporter.result((paint) => describe(folder, made, paint), { bench: folder, ...made });
}

function describe(folder: string, { clips, skipped }: PreparedBench, paint: Paint): string[] {
  return [
    `${paint('strong', folder)}: ${clips.length} clips`,
    ...skipped.map(({ name, why }) => `left out ${name}: ${why}`),
  ];
}
