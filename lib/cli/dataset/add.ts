import { type AddResult, addVideos } from '../../dataset/add.js';
import type { SyncOptions } from '../../dataset/sync-filter.js';
import type { Context } from '../command.js';
import { needed } from '../packs/options.js';
import type { AddValues } from './options.js';
import { hoursOf } from './summary.js';

/** `kdtalker dataset add`. @throws the errors of {@link addVideos} */
export async function add(values: AddValues, { reporter, signal }: Context): Promise<void> {
  const need = (value: string | undefined, option: string) => needed(value, option, 'dataset add');
  const out = need(values.out, '--out DIR');
  const result = await addVideos({
    pack: need(values.pack, '--pack NAME'),
    videos: need(values.videos, '--videos DIR'),
    out,
    crop: values.crop ?? 'kdtalker',
    least: values['min-frames'] ?? 65,
    validation: values['val-speakers'],
    share: values['val-share'] ?? 0.05,
    sync: syncOf(values),
    device: values.device,
    signal,
    onVideo: (done, total) => {
      reporter.pass();
      reporter.progress({ stage: 'videos', done, total, fps: 0 });
    },
    onFrame: (stage, done) => reporter.progress({ stage, done, total: undefined, fps: 0 }),
  });
  const { dataset, added, known, skipped } = result;
  const { clips, identity } = dataset;
  reporter.result((paint) => describe(out, result, (word) => paint('strong', word)), {
    dataset: out,
    identity,
    clips: clips.length,
    added,
    known,
    skipped,
  });
}

function syncOf({ syncnet, keep, ...values }: AddValues): SyncOptions | undefined {
  const { 'max-offset': maxOffset, 'min-lse-c': minLseC } = values;
  if (syncnet !== undefined) return { syncnet, maxOffset: maxOffset ?? 1, minLseC: minLseC ?? 3, keep };
  const given = Object.entries({ 'max-offset': maxOffset, 'min-lse-c': minLseC, keep }).find(
    ([, value]) => value !== undefined,
  );
  if (given) needed(syncnet, `--syncnet FILE with --${given[0]}`, 'dataset add');
  return undefined;
}

function describe(
  out: string,
  { dataset, added, known, skipped }: AddResult,
  strong: (word: string) => string,
) {
  const left = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
  return [
    `${strong(out)}: ${added} clips added, ${known} videos known, ${left.length > 0 ? `left out: ${left.join(', ')}` : 'none left out'}`,
    `${dataset.clips.length} clips in all, ${hoursOf(dataset)} h`,
  ];
}
