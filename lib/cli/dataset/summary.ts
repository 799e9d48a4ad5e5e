import { type Dataset, readDataset } from '../../dataset/dataset.js';
import { verifyDataset } from '../../dataset/verify.js';
import type { Context } from '../command.js';
import { bytes, definitions, table } from '../layout.js';

const FRAMES_AN_HOUR = 25 * 3600;

/** Hours of all clips, two digits after the point. */
export const hoursOf = ({ clips }: Dataset) =>
  (clips.reduce((sum, { frames }) => sum + frames, 0) / FRAMES_AN_HOUR).toFixed(2);

/** `kdtalker dataset info`. @throws DATASET_INVALID */
export async function info(folder: string, { reporter }: Context): Promise<void> {
  const dataset = await readDataset(folder);
  const { identity, pack, options, shards, clips, skipped } = dataset;
  const of = (split: string) => clips.filter((clip) => clip.split === split);
  const speakers = (split: string) => new Set(of(split).map(({ speaker }) => speaker)).size;
  const summary = (split: string) => `${of(split).length} clips of ${speakers(split)} speakers`;
  const rows: [string, string][] = [
    ['training', summary('train')],
    ['validation', summary('validation')],
    ['length', `${hoursOf(dataset)} h, ${bytes(shards.reduce((sum, shard) => sum + shard.bytes, 0))}`],
    [
      'left out',
      skipped.length === 0 ? 'none' : skipped.map(({ name, reason }) => `${name} (${reason})`).join(', '),
    ],
    ['pack', `${pack.name} ${pack.version}, ${pack.directory}`],
    ['crop', options.crop],
    ['in step', inStep(options)],
    ['identity', identity.slice(0, 16)],
  ];
  reporter.result(() => definitions(rows), { dataset: folder, identity, pack, options, clips, skipped });
}

function inStep({ sync }: Dataset['options']): string {
  if (!sync) return 'not asked';
  const { maxOffset, minLseC, keep } = sync;
  const most = keep === undefined ? '' : `, the best ${keep} clips`;
  return `offsets of at most ${maxOffset} frames, LSE-C of at least ${minLseC}${most}`;
}

/** `kdtalker dataset verify`. @throws DATASET_INVALID, ABORTED */
export async function verify(folder: string, { reporter, signal }: Context): Promise<void> {
  const { shards, clips, identity } = await verifyDataset(folder, {
    signal,
    onShard: (done, total) => reporter.progress({ stage: 'check', done, total, fps: 0 }),
  });
  const line = `${folder}: ${clips.length} clips in ${shards.length} shards are as dataset.json says`;
  reporter.result(() => [line], { dataset: folder, identity, shards: shards.length, clips: clips.length });
}

/** `kdtalker dataset statistics`. @throws DATASET_INVALID */
export async function statistics(folder: string, { reporter }: Context): Promise<void> {
  const { statistics: kept } = await readDataset(folder);
  const rows = Object.entries(kept).flatMap(([part, { mean, std }]) =>
    mean.map((value, i) => [
      mean.length > 1 ? `  ${part} ${i}` : `  ${part}`,
      value.toPrecision(6),
      std[i]!.toPrecision(6),
    ]),
  );
  reporter.result(() => table([['  NUMBER', 'MEAN', 'DEVIATION'], ...rows]), {
    dataset: folder,
    statistics: kept,
  });
}
