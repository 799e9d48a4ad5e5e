// Whether lips and sound are in step, for datasets: with the golden cases' formula weights of SyncNet, so offsets mean nothing here.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type AddOptions, addVideos } from '../dist/dataset/add.js';
import { readRows } from '../dist/dataset/shards.js';
import { longestTrack, smoothTrack } from '../dist/evaluate/sync/face-tracks.js';
import { mfcc } from '../dist/evaluate/sync/mfcc.js';
import { cropForSync, syncRectangle } from '../dist/evaluate/sync/sync-crop.js';
import { SyncJudge } from '../dist/evaluate/sync/sync-judge.js';
import { type SyncScores, syncDistances, syncScores } from '../dist/evaluate/sync/sync-scores.js';
import { FaceFinder } from '../dist/face/faces.js';
import { FrameSource } from '../dist/media/index.js';
import { syncnetAudioGraph, syncnetVisualGraph } from '../dist/packs/judges/syncnet.js';
import { recording } from './support/bench.js';
import { run } from './support/cli.js';
import { samplesOfWav } from './support/golden-eval.js';
import { openGraph } from './support/graphs.js';
import { goldenWeights, writeJudge } from './support/judges.js';
import { fails, ffmpeg } from './support/media.js';
import { plainPack } from './support/plain-pack.js';

const folder = t.testdir({ videos: {} });
const FRAMES = 14;
const take = await recording(t, join(folder, 'take'), FRAMES);
const syncnet = writeJudge(join(folder, 'syncnet_v2.model'), 'syncnet');

/** The take with another sound. */
function dubbed(file: string, hertz: number): string {
  const sound = ['-f', 'lavfi', '-i', `sine=frequency=${hertz}:duration=${FRAMES / 25}`, '-c:a', 'pcm_s16le'];
  ffmpeg('-i', take, ...sound, '-map', '0:v', '-map', '1:a', '-c:v', 'copy', file);
  return file;
}

const videos = join(folder, 'videos');
const [one, two] = [dubbed(join(videos, 'a.mkv'), 300), dubbed(join(videos, 'b.mkv'), 1700)];

/** The scores of a video by another way: all windows at once, in the stock ONNX Runtime. */
async function scoresOf(video: string): Promise<SyncScores> {
  const finder = await FaceFinder.open();
  const source = await FrameSource.open(video, { fps: 25, signal: undefined });
  const pictures = [];
  for await (const picture of source.frames()) pictures.push(picture);
  const boxes = [];
  for (const [i, picture] of pictures.entries()) {
    const near = i === 0 ? {} : { box: boxes[i - 1]!.given };
    const { box } = await finder.find(picture, near);
    boxes.push({ given: box, box: [box[0], box[1], box[0] + box[2], box[1] + box[3]] as const });
  }
  await Promise.all([finder.close(), source.close()]);
  const track = longestTrack(boxes.map(({ box }) => [box]))!;
  const { size, x, y } = smoothTrack(track.boxes);
  const crops = await Promise.all(
    pictures.map((picture, i) => cropForSync(picture, syncRectangle(size[i]!, x[i]!, y[i]!))),
  );
  const heard = join(folder, 'heard.wav');
  ffmpeg('-i', video, '-vn', '-ac', '1', '-ar', '16000', '-c:a', 'pcm_s16le', heard);
  const columns = mfcc(samplesOfWav(heard));
  const count = FRAMES - 5;
  const pixel = 224 * 224;
  const seen = new Float32Array(count * 15 * pixel);
  for (let at = 0; at < seen.length; at++) {
    const [window, channel, k] = [
      Math.floor(at / (15 * pixel)),
      Math.floor(at / (5 * pixel)) % 3,
      Math.floor(at / pixel) % 5,
    ];
    seen[at] = crops[window + k]!.data[3 * (at % pixel) + 2 - channel]!;
  }
  const sound = Array.from({ length: count * 260 }, (_, at) => {
    const [window, band, column] = [Math.floor(at / 260), Math.floor((at % 260) / 20), at % 20];
    return columns[4 * window + column]![band]!;
  });
  const eye = await openGraph(syncnetVisualGraph(goldenWeights('syncnet')).toBytes());
  const ear = await openGraph(syncnetAudioGraph(goldenWeights('syncnet')).toBytes());
  const { visual } = await eye({ frames: { dims: [count, 3, 5, 224, 224], data: seen } });
  const { audio } = await ear({ mfcc: { dims: [count, 1, 13, 20], data: Float32Array.from(sound) } });
  const features = (data: unknown) => ({ data: data as Float32Array, size: 1024 });
  return syncScores(syncDistances(features(visual!.data), features(audio!.data)));
}

t.test('a video through SyncNet', async (t) => {
  const finder = await FaceFinder.open();
  const judge = await SyncJudge.open(syncnet, { finder, threads: 1, signal: undefined });
  const found = await judge.score(one, undefined);
  const wanted = await scoresOf(one);
  t.equal(found!.offset, wanted.offset);
  t.ok(Math.abs(found!.lseC - wanted.lseC) < 1e-3 * wanted.lseC, `${found!.lseC}, ${wanted.lseC}`);
  t.ok(Math.abs(found!.lseD - wanted.lseD) < 1e-3 * wanted.lseD, `${found!.lseD}, ${wanted.lseD}`);
  const blind = join(folder, 'blind.mkv');
  ffmpeg('-i', one, '-vf', 'drawbox=t=fill', '-c:a', 'copy', blind);
  t.equal(await judge.score(blind, undefined), undefined, 'without a face there is no score');
  await Promise.all([judge.close(), finder.close()]);
  const open = (file: string) => SyncJudge.open(file, { finder, threads: 1, signal: undefined });
  await fails(t, () => open(join(folder, 'nowhere')), 'FILE_NOT_FOUND');
  await fails(t, () => open(writeJudge(join(folder, 's3fd.pth'), 's3fd')), 'CHECKPOINT_INVALID', /syncnet/);
});

t.test('datasets keep the videos that are in step, and what SyncNet said', async (t) => {
  const pack = await plainPack(join(folder, 'pack'), { readsYaw: true });
  const add = (out: string, sync: Partial<AddOptions['sync']>, more: Partial<AddOptions> = {}) =>
    addVideos({
      ...{ pack, videos, out: join(folder, out), crop: 'none', least: 9, share: 0, ...more },
      sync: { syncnet, maxOffset: 15, minLseC: 0, ...sync },
    });
  const { dataset } = await add('all', {});
  const [a, b] = dataset.clips;
  t.ok(Number.isInteger(a!.offset) && a!.lseC! > 0 && a!.lseC !== b!.lseC, `${a!.lseC}, ${b!.lseC}`);
  t.match(dataset.options.sync, { syncnet: /^[0-9a-f]{64}$/, maxOffset: 15, minLseC: 0 });
  const best = a!.lseC! > b!.lseC! ? a! : b!;
  const between = (a!.lseC! + b!.lseC!) / 2;
  const sure = await add('sure', { minLseC: between });
  t.same([sure.dataset.clips.map(({ name }) => name), sure.skipped], [[best.name], { 'out-of-step': 1 }]);
  const most = Math.max(Math.abs(a!.offset!), Math.abs(b!.offset!));
  const near = await add('near', { maxOffset: Math.max(0, most - 1) });
  t.ok(most > 0 && near.skipped['out-of-step']! >= 1, `offsets of at most ${most}`);

  const controller = new AbortController();
  const onVideo = (index: number) => index === 1 && controller.abort();
  await fails(t, () => add('few', { keep: 1 }, { onVideo, signal: controller.signal }), 'ABORTED');
  const few = await add('few', { keep: 1 });
  t.same([few.added, few.skipped], [1, { surplus: 1 }]);
  t.same(
    few.dataset.clips,
    [{ ...best, start: 0, shard: few.dataset.shards[0]!.file }],
    'the more confident one',
  );
  const rows = await readRows(join(folder, 'few', few.dataset.shards[0]!.file));
  t.equal(rows.sync, undefined, 'shards hold numbers of clips alone');
  mkdirSync(join(folder, 'more'));
  renameSync(two, join(folder, 'more/b.mkv'));
  await fails(t, () => add('few', { keep: 2 }), 'DATASET_INVALID', /Expected the options/);
  writeFileSync(join(folder, 'other.model'), 'x');
  await fails(t, () => add('few', { keep: 1, syncnet: join(folder, 'other.model') }), 'DATASET_INVALID');
  const typed = ['dataset', 'add', '--pack', pack, '--videos', videos, '--out', join(folder, 'typed')];
  t.match(await run([...typed, '--keep', '3']), { code: 2, stderr: /Expected --syncnet FILE with --keep/ });
  const said = await run([
    ...typed,
    '--crop',
    'none',
    '--min-frames',
    '9',
    '--syncnet',
    syncnet,
    '--min-lse-c',
    '99',
  ]);
  t.match(
    (await run(['dataset', 'info', join(folder, 'few')])).stdout,
    /in step +.* 15 frames, .* 0, the best 1/,
  );
  t.match(said, { code: 0, stdout: /left out: 1 out-of-step/ });
});
