import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type AddOptions, addVideos } from '../dist/dataset/add.js';
import { readDataset } from '../dist/dataset/dataset.js';
import { readRows } from '../dist/dataset/shards.js';
import { statisticsOf } from '../dist/dataset/statistics.js';
import { verifyDataset } from '../dist/dataset/verify.js';
import { findVideos, speakerOf, splitOf } from '../dist/dataset/videos.js';
import { events, printed, run, start } from './support/cli.js';
import { correlation } from './support/correlation.js';
import { fails, ffmpeg, processesWith } from './support/media.js';
import { plainPack } from './support/plain-pack.js';
import { hiddenCause, speakingVideo } from './support/speaking.js';
import { loadTalker } from './support/talker.js';
import { movingPortrait } from './support/videos.js';

const CAUSES = {
  'a/1.mkv': hiddenCause(40, 1),
  'b/1.mkv': hiddenCause(50, 2),
  'c/1.mkv': hiddenCause(12, 3),
};

/** What every world is a copy of. */
const made = t.testdir({ videos: { a: {}, b: {}, c: {} } });
await plainPack(join(made, 'pack'), { readsYaw: true });
for (const [name, cause] of Object.entries(CAUSES)) speakingVideo(join(made, 'videos'), name, cause);
speakingVideo(join(made, 'videos'), 'c/silent.mkv', hiddenCause(40, 4), false);

/** A pack that sees yaw in the red of a picture, and videos of three speakers; one is too short, one has no sound. */
async function world(t: Test) {
  const folder = t.testdir();
  cpSync(made, folder, { recursive: true });
  const [pack, videos, out] = [join(folder, 'pack'), join(folder, 'videos'), join(folder, 'dataset')];
  const options: AddOptions = { pack, videos, out, crop: 'none', least: 33, validation: '^b$', share: 0 };
  return { folder, pack, videos, causes: CAUSES, out, options };
}

/** All files of a folder with their bytes. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true });
  const plain = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  return Object.fromEntries(plain.map((file) => [file.slice(folder.length), readFileSync(file, 'base64')]));
}

t.test('clips are what the pack sees and hears, and what is no clip is counted', async (t) => {
  const { options, causes, out, pack, videos, folder } = await world(t);
  const { dataset, added, known, skipped } = await addVideos(options);
  t.same([added, known, skipped], [2, 0, { short: 1, 'no-sound': 1 }]);
  t.match(dataset.clips, [
    { name: 'a/1.mkv', speaker: 'a', split: 'train', start: 0, frames: 38 },
    { name: 'b/1.mkv', speaker: 'b', split: 'validation', start: 38, frames: 48 },
  ]);
  t.equal(dataset.shards.length, 1);
  const rows = await readRows(join(out, dataset.shards[0]!.file));
  const talker = await loadTalker(t, {}, pack);
  for (const { name, start, frames } of dataset.clips) {
    const cause = causes[name as keyof typeof causes];
    const yaw = Array.from({ length: frames }, (_, i) => rows.motion[70 * (start + i) + 1]!);
    const wanted = Array.from(
      { length: frames },
      (_, i) => (40 * Math.round(20 + 200 * cause[i]!)) / 255 - 20,
    );
    t.ok(
      yaw.every((value, i) => Math.abs(value - wanted[i]!) < 0.2),
      `${name}: yaw of every frame`,
    );
    const seen = await talker.motionFromVideo(join(videos, name), { crop: 'none' });
    const motion = rows.motion.subarray(70 * start, 70 * (start + frames));
    t.ok(
      motion.every((value, i) => value === seen.values[i]),
      `${name}: motion as the engine sees it, every bit`,
    );
    const trace = await talker.trace('examples/portrait.png', join(videos, name), { steps: 1 });
    const heard = trace.tensors.features!.data;
    const audio = rows.audio.subarray(512 * start, 512 * (start + frames));
    t.ok(
      audio.every((value, i) => Math.abs(value - heard[i]!) < 1e-4),
      `${name}: features as the engine hears them`,
    );
    const loud = rows.loudness.subarray(start, start + frames);
    t.ok(correlation(loud, cause.subarray(0, frames)) > 0.8, `${name}: loudness follows the cause`);
  }
  const yaws = rows.motion.filter((_, i) => i % 70 === 1).subarray(0, 38);
  const mean = yaws.reduce((sum, value) => sum + value, 0) / 38;
  const std = Math.sqrt(yaws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 38);
  t.ok(Math.abs(dataset.statistics.yaw.mean[0]! - mean) < 1e-5, 'the mean of the training split');
  t.ok(Math.abs(dataset.statistics.yaw.std[0]! - std) < 1e-5);
  t.equal(dataset.statistics.t.std[2], 1, 'a deviation of 0 becomes 1');
  t.same(await statisticsOf(out, dataset.clips), dataset.statistics);
  t.same(await verifyDataset(out), dataset);
  const guarded = { ...options, out: join(folder, 'guarded'), device: 'guarded' };
  t.same(
    (await addVideos(guarded)).dataset.clips,
    dataset.clips,
    'on a device that checks every access, too',
  );
  await fails(t, () => addVideos({ ...guarded, out: join(folder, 'x'), device: 'tpu' }), 'DEVICE_UNKNOWN');
});

t.test('a call that was stopped goes on, and one that is repeated changes nothing', async (t) => {
  const { options, out, folder, videos } = await world(t);
  await addVideos(options);
  const whole = contents(out);
  t.same(Object.keys(whole).length, 2, 'dataset.json and one shard');
  const again = await addVideos(options);
  t.same([again.added, again.known], [0, 4]);
  t.same(contents(out), whole);

  const stopped = { ...options, out: join(folder, 'stopped') };
  const controller = new AbortController();
  const onVideo = (index: number) => index === 1 && controller.abort();
  await fails(
    t,
    () => addVideos({ ...stopped, onVideo, signal: controller.signal }),
    'ABORTED',
    /was aborted/,
  );
  t.equal(Object.keys(contents(stopped.out)).length, 1, 'the clip that was read is kept');
  t.same(processesWith(folder), []);
  let read = 0;
  await addVideos({
    ...stopped,
    onFrame: (stage, done) => void (stage === 'motion' && done === 1 && read++),
  });
  t.equal(read, 3, 'it is not read again');
  t.same(contents(stopped.out), whole, 'the same bytes as if it had not been stopped');

  mkdirSync(join(folder, 'more'));
  speakingVideo(join(folder, 'more'), 'd.mkv', hiddenCause(40, 9));
  cpSync(join(videos, 'a/1.mkv'), join(folder, 'more/copy.mkv'));
  const more = await addVideos({ ...options, videos: join(folder, 'more') });
  t.same([more.added, more.known, more.dataset.clips.length], [1, 1, 3], 'a copy of a known video is known');
  t.equal(more.dataset.shards.length, 2);
  t.not(more.dataset.identity, again.dataset.identity);
  await verifyDataset(out);
});

t.test('damage and other options are told', async (t) => {
  const { options, out, folder, videos } = await world(t);
  await fails(
    t,
    () => readDataset(folder),
    'DATASET_INVALID',
    /has no dataset\.json\. Make one with kdtalker dataset add/,
  );
  await addVideos(options);
  await fails(
    t,
    () => addVideos({ ...options, least: 20 }),
    'DATASET_INVALID',
    /Expected the options .*Choose another folder/,
  );
  const other = await plainPack(join(folder, 'other'), {});
  await fails(
    t,
    () => addVideos({ ...options, pack: other }),
    'DATASET_INVALID',
    /Expected the networks of plain/,
  );
  await fails(
    t,
    () => addVideos({ ...options, videos: join(folder, 'nowhere') }),
    'FILE_NOT_FOUND',
    /Expected videos/,
  );
  await fails(t, () => addVideos({ ...options, videos: options.pack }), 'FILE_NOT_FOUND', /has no videos/);
  await fails(t, () => addVideos({ ...options, validation: '(' }), 'INVALID_ARGUMENT', /regular expression/);
  renameSync(join(videos, 'b/1.mkv'), join(videos, 'a/1.mkv'));
  await fails(t, () => addVideos(options), 'INVALID_ARGUMENT', /Expected the video of before for a\/1\.mkv/);
  const { shards } = await readDataset(out);
  const file = join(out, shards[0]!.file);
  const bytes = readFileSync(file);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(file, bytes);
  await fails(t, () => verifyDataset(out), 'DATASET_INVALID', /Expected the hash/);
  writeFileSync(join(out, 'dataset.json'), '{"format": 2}');
  await fails(t, () => readDataset(out), 'DATASET_INVALID', /Expected format 1/);
});

t.test('faces: one square a clip, and a picture without a face leaves the clip out', async (t) => {
  const folder = t.testdir({ videos: {} });
  const pack = await plainPack(join(folder, 'pack'), { readsYaw: true });
  const videos = join(folder, 'videos');
  const silent = movingPortrait(folder, 'silent.mp4', { frames: 14 });
  const sound = ['-f', 'lavfi', '-i', 'sine=frequency=300:duration=1'];
  ffmpeg(
    '-i',
    silent,
    ...sound,
    '-map',
    '0:v',
    '-map',
    '1:a',
    '-c:v',
    'copy',
    '-shortest',
    join(videos, 'face.mkv'),
  );
  speakingVideo(videos, 'plain.mkv', hiddenCause(14, 1));
  const result = await addVideos({
    pack,
    videos,
    out: join(folder, 'out'),
    crop: 'kdtalker',
    least: 9,
    share: 0,
  });
  t.same([result.added, result.skipped], [1, { 'no-face': 1 }]);
  t.equal(result.dataset.clips[0]!.name, 'face.mkv');
});

t.test('two calls at once: one works, the other is told; a killed one is in nobody’s way', async (t) => {
  const { options, out, pack, videos, folder } = await world(t);
  const words = ['dataset', 'add', '--pack', pack, '--videos', videos, '--out', out, '--crop', 'none'];
  const first = start([
    ...words,
    '--min-frames',
    '33',
    '--val-speakers',
    '^b$',
    '--val-share',
    '0',
    '--json',
  ]);
  await printed(first, /"stage":"motion"/);
  await fails(t, () => addVideos(options), 'OUTPUT_UNWRITABLE', /process \d+ is writing to it\. Wait for/);
  first.child.kill('SIGKILL');
  await first.ended;
  let other: Promise<unknown> | undefined;
  const onVideo = (index: number) => {
    if (index === 1) other = fails(t, () => addVideos(options), 'OUTPUT_UNWRITABLE', /is writing to it/);
  };
  await addVideos({ ...options, onVideo });
  await other;
  await addVideos({ ...options, out: join(folder, 'alone') });
  t.same(contents(out), contents(join(folder, 'alone')), 'as if nobody had tried');
});

t.test('one video whose sound cannot be used does not end the call', async (t) => {
  const folder = t.testdir({ videos: {} });
  const pack = await plainPack(join(folder, 'pack'), { readsYaw: true });
  const videos = join(folder, 'videos');
  speakingVideo(videos, 'good.mkv', hiddenCause(14, 1));
  const endless = ['-f', 'lavfi', '-i', 'aevalsrc=0/0:s=16000:d=0.6', '-c:a', 'pcm_f32le'];
  ffmpeg('-i', join(videos, 'good.mkv'), ...endless, '-map', '0:v', '-map', '1:a', join(videos, 'nan.mkv'));
  const result = await addVideos({
    ...{ pack, videos, out: join(folder, 'out'), crop: 'none', least: 9, share: 0 },
  });
  t.same([result.added, result.skipped], [1, { 'no-sound': 1 }]);
});

t.test('a list: its paths count from its folder, and are named as in their common folder', async (t) => {
  const folder = t.testdir({
    anna: { '1.mp4': '' },
    ben: { '2.mp4': '' },
    'list.txt': '# two speakers\n\nben/2.mp4\n',
  });
  const list = join(folder, 'list.txt');
  const named = async () => (await findVideos(list)).map(({ name, speaker }) => [name, speaker]);
  t.same(await named(), [['2.mp4', '2']], 'a single video, as if its folder had been given');
  writeFileSync(list, `${join(folder, 'anna/1.mp4')}\nben/2.mp4\n`);
  t.same(await named(), [
    ['anna/1.mp4', 'anna'],
    ['ben/2.mp4', 'ben'],
  ]);
  t.equal((await findVideos(list))[1]!.path, join(folder, 'ben/2.mp4'));
  t.same(
    await findVideos(folder).then((found) => found.map(({ name }) => name)),
    ['anna/1.mp4', 'ben/2.mp4'],
    'the same names as of the folder',
  );
});

t.test('what cannot be read is no fault of the dataset, and the other way round', async (t) => {
  const { options, folder } = await world(t);
  const list = join(folder, 'list.txt');
  writeFileSync(list, `${options.videos}\n`);
  await fails(t, () => addVideos({ ...options, videos: list }), 'FILE_NOT_FOUND', /videos/);
  const file = join(folder, 'file');
  writeFileSync(file, 'no folder');
  await fails(t, () => addVideos({ ...options, out: file }), 'OUTPUT_UNWRITABLE', /file/);
});

t.test('speakers and splits', async (t) => {
  t.equal(speakerOf('id10001#7gWzIy6yIIk#002721#002855.mp4'), 'id10001');
  t.equal(speakerOf('anna/first/1.mp4'), 'anna');
  t.equal(speakerOf('talk.mp4'), 'talk');
  const speakers = Array.from({ length: 400 }, (_, i) => `speaker ${i}`);
  const held = speakers.filter((name) => splitOf(name, undefined, 0.25) === 'validation').length;
  t.ok(held > 70 && held < 130, `${held} of 400`);
  t.same([splitOf('x', '^x', 0), splitOf('y', '^x', 1)], ['validation', 'train']);
});

t.test('the command: add, info, verify, statistics, and a signal on the way', async (t) => {
  const { options, out, pack, videos, folder } = await world(t);
  const add = ['dataset', 'add', '--pack', pack, '--videos', videos, '--crop', 'none', '--min-frames', '33'];
  const killed = start([...add, '--out', out, '--json']);
  killed.child.stdout!.once('data', () => killed.child.kill('SIGKILL'));
  await killed.ended;
  const made = await run([...add, '--out', out, '--val-speakers', '^b$', '--json']);
  t.match(events(made).at(-1), { event: 'result', clips: 2, skipped: { short: 1, 'no-sound': 1 } });
  await addVideos({ ...options, out: join(folder, 'api'), share: 0.05 });
  t.same(contents(out), contents(join(folder, 'api')), 'as the library makes it');
  const info = await run(['dataset', 'info', out]);
  t.match(info.stdout, /training +1 clips of 1 speakers\n +validation +1 clips/);
  t.match(info.stdout, /left out +c\/1\.mkv \(short\), c\/silent\.mkv \(no-sound\)/);
  t.match(await run(['dataset', 'verify', out]), {
    code: 0,
    stdout: /2 clips in 1 shards are as dataset\.json says/,
  });
  t.match((await run(['dataset', 'statistics', out])).stdout, /yaw +-?\d/);
  t.match(await run(['dataset', 'info', folder]), { code: 1, stderr: /DATASET_INVALID/ });
  t.match(await run(['dataset', 'add', '--out', out]), { code: 2, stderr: /Expected --pack NAME/ });
});
