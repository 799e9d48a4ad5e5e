import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { animateBench, evaluate, prepareBench } from 'kdtalker';
import t from 'tap';
import { KdtalkerError } from '../dist/errors.js';
import { hearSound } from '../dist/evaluate/measure/clip-speech.js';
import { measureVideo } from '../dist/evaluate/measure/measure-video.js';
import { orReason } from '../dist/evaluate/reasons.js';
import { ENVELOPE_RATE } from '../dist/evaluate/sound/envelope.js';
import { delayOf } from '../dist/evaluate/sync/delay.js';
import { FaceFinder } from '../dist/face/faces.js';
import { changed, recording, resultFiles } from './support/bench.js';
import { printed, run, speechFile, start } from './support/cli.js';
import { fails, ffmpeg } from './support/media.js';
import { plainPack } from './support/plain-pack.js';
import { loadTalker, portraitFile, randoms } from './support/talker.js';

const FRAME = 0.04;

t.test('sound shifted by k frames is reported at k by both offsets', async (t) => {
  const folder = t.testdir();
  const frames = 90;
  const take = await recording(t, folder, frames, { still: true });
  const small = changed(take, join(folder, 'small.mp4'), '-vf', 'scale=256:256', '-crf', '8');
  const finder = await FaceFinder.open();
  t.teardown(() => finder.close());
  const alone = { speech: undefined, real: undefined, noReal: '', pointsFile: undefined, signal: undefined };
  const video = await measureVideo(small, {
    ...alone,
    finder,
    talker: undefined,
    frames,
    onFrame: () => {},
  });
  const speech = await hearSound(take, undefined);
  const inStep = video.mouthOffset(speech.loudness(frames))!;
  t.ok(Math.abs(inStep) <= 1, `the puppet's mouth follows the sound: ${inStep}`);
  for (let k = -5; k <= 5; k++) {
    const filter = k < 0 ? `adelay=${-k * 40}|${-k * 40}` : `atrim=start=${k * FRAME},asetpts=PTS-STARTPTS`;
    const file = changed(take, join(folder, `${k}.wav`), '-vn', '-af', filter, '-ac', '1');
    const sound = await hearSound(file, undefined);
    t.equal(video.mouthOffset(sound.loudness(frames)), inStep + k, `mouth: ${k}`);
    const delay = delayOf(speech.envelope, sound.envelope, ENVELOPE_RATE)!;
    t.ok(
      Math.abs(delay.steps / (ENVELOPE_RATE * FRAME) - k) < 0.2,
      `sound: ${delay.steps} steps for ${k} frames`,
    );
  }
});

const COUNTS = 20;
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

t.test('memory does not grow with the length of a video', async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'long.mkv');
  // KDTALKER_LONG: an hour.
  const frames = process.env.KDTALKER_LONG ? 90_000 : 8000;
  const source = ['-f', 'lavfi', '-i', 'color=c=gray:s=64x64:r=25', '-frames:v', String(frames)];
  ffmpeg(...source, '-preset', 'ultrafast', file);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used: number[] = [];
  let seen = 0;
  const onFrame = () => {
    if (++seen % (frames / COUNTS) !== 0) return;
    collect();
    const { heapUsed, external } = process.memoryUsage();
    used.push(heapUsed + external);
  };
  const finder = { find: () => Promise.reject(new KdtalkerError('NO_FACE', 'none')) };
  const alone = { speech: undefined, real: undefined, noReal: '', talker: undefined, signal: undefined };
  const pointsFile = join(folder, 'long.points');
  const result = await measureVideo(file, { ...alone, finder, pointsFile, frames: 1e6, onFrame });
  t.equal(result.frames, frames);
  // Each count varies by the megabytes that are on their way; the pictures of half the video are 49 MB.
  const grown = median(used.slice(COUNTS / 2)) - median(used.slice(0, COUNTS / 2));
  t.ok(grown < 6e6, `${used.map((bytes) => (bytes / 1e6).toFixed(1))} MB`);
});

/** Kills of each of the three commands. Ten: KDTALKER_LONG=1 npx tap test/evaluate-run.test.ts */
const KILLS = process.env.KDTALKER_LONG ? [2, 3, 5] : [1, 1, 2];

t.test('prepare, animate and score of five portraits and voices, killed again and again', async (t) => {
  const folder = t.testdir();
  const given = join(folder, 'given');
  mkdirSync(given);
  for (const [i, name] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    copyFileSync(portraitFile, join(given, `${name}.png`));
    speechFile(given, 0.2 + 0.04 * i, `${name}.wav`);
  }
  const [bench, videos, out] = ['bench', 'videos', 'results'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const commands = [
    ['prepare', '--videos', given, '--out', bench, '--size', '256'],
    ['animate', '--bench', bench, '--out', videos, '--no-speed', '--threads', '1'],
    ['score', '--bench', bench, '--method', `ours=${videos}`, '--out', out],
  ].map((words) => ['evaluate', ...words, '--json']);
  const random = randoms(5);
  for (const [i, kills] of KILLS.entries()) {
    for (let kill = 0; kill < kills; kill++) await killed(commands[i]!, Math.floor(5 * random()));
    const ended = await run(commands[i]!);
    t.equal(ended.code, 0, ended.stderr);
  }
  const again = join(folder, 'again');
  await evaluate({ bench, methods: { ours: videos }, out: again });
  t.same(resultFiles(out), resultFiles(again), 'the same bytes as a run that nobody stopped');
  const means = JSON.parse(readFileSync(join(out, 'table.json'), 'utf8')) as object;
  t.match(means, {
    clips: 5,
    methods: [{ name: 'ours', metrics: { faces: { mean: 1, count: 5 }, fpsWhole: { count: 5 } } }],
  });
});

t.test('a bench’s clips and videos are of one list and one pack, and whole or absent', async (t) => {
  const folder = t.testdir({ given: {}, bench: { a: { stranger: '' } } });
  copyFileSync(portraitFile, join(folder, 'given/a.png'));
  speechFile(join(folder, 'given'), 0.2, 'a.wav');
  writeFileSync(join(folder, 'list.txt'), `# one clip\ngiven/a.png\n${join(folder, 'given/a.wav')}\n`);
  const making = { videos: join(folder, 'list.txt'), out: join(folder, 'bench'), size: 256 };
  await fails(t, () => prepareBench(making), 'OUTPUT_UNWRITABLE', /bench\/a/);
  rmSync(join(folder, 'bench/a'), { recursive: true });
  t.same(await prepareBench(making), { clips: ['a'], skipped: [] });
  const [one, two] = await Promise.all([
    plainPack(join(folder, 'one'), { render: 'crop' }),
    plainPack(join(folder, 'two'), { render: Buffer.alloc(3 * 512 * 512, 90) }),
  ]);
  const videos = { bench: making.out, out: join(folder, 'videos'), speed: false };
  const first = await loadTalker(t, {}, one);
  t.equal((await animateBench(first, videos)).videos.length, 1);
  const second = await loadTalker(t, {}, two);
  t.same([first.pack.name, first.pack.version], [second.pack.name, second.pack.version]);
  await fails(t, () => animateBench(second, videos), 'INVALID_ARGUMENT', /which has others/);
});

t.test('one list of faults: work on many files goes on after each of them', async (t) => {
  for (const code of ['SPEECH_TOO_LONG', 'VIDEO_TOO_LONG', 'SPEECH_NOT_FINITE', 'PICTURE_TOO_LARGE'] as const)
    t.match(await orReason(() => Promise.reject(new KdtalkerError(code, 'x'))), {
      why: new RegExp(`^${code}`),
    });
  const full = new KdtalkerError('OUTPUT_DISK_FULL', 'x');
  await fails(t, () => orReason(() => Promise.reject(full)), 'OUTPUT_DISK_FULL');
});

t.test('a sweep compares steps, draws a chart, and goes on where it was', async (t) => {
  const folder = t.testdir();
  const given = join(folder, 'given');
  mkdirSync(given);
  copyFileSync(portraitFile, join(given, 'a.png'));
  speechFile(given, 0.24, 'a.wav');
  await prepareBench({ videos: given, out: join(folder, 'bench'), size: 256 });
  const out = join(folder, 'sweep');
  const command = ['evaluate', 'sweep', '--bench', join(folder, 'bench'), '--steps', '1,4', '--out', out];
  const ended = await run(command);
  t.equal(ended.code, 0, ended.stderr);
  t.match(ended.stdout, /METRIC +BETTER +STEPS-1 +STEPS-4\n/);
  const chart = readFileSync(join(out, 'results/chart.svg'), 'utf8');
  t.match(chart, /<svg [\s\S]*>1<\/text>[\s\S]*>4<\/text>/);
  t.equal((await run(command)).code, 0);
  t.equal(readFileSync(join(out, 'results/chart.svg'), 'utf8'), chart);
  for (const [words, pattern] of [
    [['--window', '8,16'], /exactly one of steps and window/],
    [['--steps', '4,4'], /different numbers/],
    [['--steps', '0'], /from 1 to/],
  ] as const)
    t.match((await run([...command, ...words])).stderr, pattern);
});

/** Starts a command and kills it where it begins the clip of this number. */
async function killed(command: readonly string[], clip: number): Promise<void> {
  const running = start(command);
  await printed(running, new RegExp(`"done":[${clip}-9]|"event":"result"`));
  running.child.kill('SIGKILL');
  await running.ended;
}
