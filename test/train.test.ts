import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { prepareBench } from 'kdtalker';
import t, { type Test } from 'tap';
import { addVideos } from '../dist/dataset/add.js';
import { openCheckpoint } from '../dist/packs/checkpoint/index.js';
import { STATISTICS } from '../dist/packs/kdtalker/statistics.js';
import { readTrained } from '../dist/packs/kdtalker/trained.js';
import type { RunEvaluation } from '../dist/training/evaluator.js';
import type { TrainingEvent } from '../dist/training/process.js';
import { train } from '../dist/training/train.js';
import { events, printed, run, speechFile, start } from './support/cli.js';
import { correlation } from './support/correlation.js';
import { fails, processesWith } from './support/media.js';
import { LIP, plainPack } from './support/plain-pack.js';
import { writeKdtalker } from './support/released.js';
import { hiddenCause, hiddenCauses, speakingVideo, worldVideo, worldVoice } from './support/speaking.js';
import { loadTalker, portraitFile } from './support/talker.js';
import { withoutTorch as skip, torchEnvironment } from './support/training.js';

/** Place of the lower lip in the 70 numbers of motion. */
const OPENING = 7 + LIP;
const HELD_OUT = 200;
/** Weights of the released file that nothing uses. */
const UNUSED = /\.block2\.norm\./;

/** A dataset of made speakers, whose faces and voices have the same ten hidden causes. */
async function madeWorld(folder: string, speakers: number, frames: number): Promise<string> {
  const pack = await plainPack(join(folder, 'pack'), { world: true });
  const videos = join(folder, 'videos');
  mkdirSync(videos);
  for (let i = 0; i < speakers; i++) worldVideo(videos, `s${i}.mkv`, hiddenCauses(frames, 10 + i));
  const dataset = join(folder, 'dataset');
  await addVideos({ pack, videos, out: dataset, crop: 'none', least: 33, validation: '^s0$', share: 0 });
  return dataset;
}

/** The lips of a clip of a voice that no training has heard, and the hidden cause of both. */
async function heldOut(t: Parameters<typeof loadTalker>[0], folder: string, pack: string) {
  const causes = hiddenCauses(HELD_OUT, 99);
  const voice = worldVoice(join(folder, 'held-out.wav'), causes);
  const talker = await loadTalker(t, { lowering: false }, pack);
  const clip = talker.animate(await talker.portrait(portraitFile), voice, { seed: 3n });
  const { values } = await clip.motion();
  await talker.close();
  return { lips: values.filter((_, i) => i % 70 === OPENING), cause: causes[0]! };
}

t.test('a made world: after minutes of training the lips follow a voice never heard', { skip }, async (t) => {
  const folder = t.testdir();
  const dataset = await madeWorld(folder, 8, 100);
  const env = torchEnvironment();
  const small = [
    '--dim',
    '128',
    '--depth',
    '1',
    '--window',
    '16',
    '--batch',
    '16',
    '--peak',
    '3e-3',
    '--warmup',
    '20',
  ];
  const out = join(folder, 'run');
  const train = ['train', '--dataset', dataset, '--json', ...small];
  const untrained = await run([...train, '--out', join(folder, 'untrained'), '--steps', '1'], { env });
  t.equal(untrained.code, 0, untrained.stderr);

  const whole = [
    ...train,
    '--out',
    out,
    '--steps',
    '1500',
    '--checkpoint-every',
    '500',
    '--audio-noise',
    '0',
  ];
  const stopped = start([...whole, '--validate-every', '750'], { env });
  await printed(stopped, /"event":"step","step":40/);
  stopped.child.kill('SIGINT');
  const interrupted = await stopped.ended;
  t.equal(interrupted.code, 130);
  t.match(events(interrupted).at(-1), { event: 'error', code: 'ABORTED' });
  t.ok(
    events(interrupted).some(({ event }) => event === 'checkpoint'),
    'it keeps a checkpoint',
  );
  t.same(processesWith(folder), [], 'and no process');

  const ended = await run([...whole, '--validate-every', '750'], { env });
  t.equal(ended.code, 0, ended.stderr);
  const told = events(ended);
  const begin = told.find(({ event }) => event === 'begin')!;
  t.ok(Number(begin.step) >= 40, 'it goes on where it stopped');
  const losses = told.filter(({ event }) => event === 'validation').map(({ loss }) => Number(loss));
  t.ok(losses.at(-1)! < losses[0]! || losses.length === 1);
  const result = told.at(-1)!;
  t.match(result, {
    event: 'result',
    step: 1500,
    pack: join(out, 'pack'),
    checkpoint: join(out, 'best.pth'),
  });
  t.match(readFileSync(join(out, 'chart.html'), 'utf8'), /<svg .*polyline/s);
  const history = readFileSync(join(out, 'history.jsonl'), 'utf8').trim().split('\n');
  const steps = history.map((line) => JSON.parse(line)).filter(({ event }) => event === 'step');
  t.same(
    steps.map(({ step }) => step),
    [...new Set(steps.map(({ step }) => step))],
    'no step twice',
  );

  const before = await heldOut(t, folder, join(folder, 'untrained/pack'));
  const after = await heldOut(t, folder, join(out, 'pack'));
  const [untrainedFollows, follows] = [before, after].map(({ lips, cause }) => correlation(lips, cause));
  t.ok(Math.abs(untrainedFollows!) < 0.2, `untrained: ${untrainedFollows}`);
  t.ok(follows! > 0.8, `trained: ${follows}`);
  const chart = process.env.KDTALKER_CHART;
  if (chart)
    writeFileSync(
      chart,
      curves({ 'hidden cause': after.cause, trained: after.lips, untrained: before.lips }),
    );
});

/** Curves of the same scale below each other, as SVG: docs/training.svg is made by it. */
function curves(rows: Record<string, Float32Array>): string {
  const [width, height] = [860, 90];
  const drawn = Object.entries(rows).map(([name, values], row) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const points = [...values].map((value, i) => {
      const x = (width * i) / (values.length - 1);
      const y = height * (row + 0.95 - (0.7 * (value - low)) / (high - low));
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    });
    const label = `<text x="4" y="${height * row + 14}" font-size="12" fill="#555">${name}</text>`;
    return `${label}<polyline fill="none" stroke="${row === 0 ? '#888' : '#2a6fb0'}" points="${points.join(' ')}"/>`;
  });
  const size = `width="${width}" height="${height * drawn.length}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif">${drawn.join('\n')}</svg>\n`;
}

/** A dataset of one clip of ten frames. */
async function tinyDataset(folder: string): Promise<{ pack: string; dataset: string }> {
  const pack = await plainPack(join(folder, 'pack'), { readsYaw: true });
  const videos = join(folder, 'videos');
  mkdirSync(videos);
  speakingVideo(videos, 'a.mkv', hiddenCause(12, 1));
  const dataset = join(folder, 'dataset');
  await addVideos({ pack, videos, out: dataset, crop: 'none', least: 9, share: 0 });
  return { pack, dataset };
}

const torch = (t: Test) => {
  const before = process.env.KDTALKER_PYTHON;
  process.env.KDTALKER_PYTHON = torchEnvironment().KDTALKER_PYTHON;
  t.teardown(() => {
    if (before === undefined) delete process.env.KDTALKER_PYTHON;
    else process.env.KDTALKER_PYTHON = before;
  });
};

t.test('a training begins with the denoiser of a whole released file', { skip }, async (t) => {
  torch(t);
  const folder = t.testdir();
  const { dataset } = await tinyDataset(folder);
  const from = join(folder, 'KDTalker.pth');
  writeKdtalker(from);
  // The rate of the first step is 0: the checkpoint after it holds what the training began with.
  const settings = { steps: 1, batch: 1, window: 8, warmup: 4 };
  const out = join(folder, 'run');
  const { checkpoint } = await train({ dataset, out, pack: undefined, from, processes: 1, settings });
  const [released, made] = [await openCheckpoint(from), await openCheckpoint(checkpoint)];
  const names = [...made.tensors.keys()].filter((name) => name.startsWith('model.') && !UNUSED.test(name));
  t.ok(names.length > 80, `${names.length} tensors`);
  for (const name of names) {
    const [a, b] = [await made.floats(name), await released.floats(name)];
    t.ok(a.length === b.length && a.every((value, i) => value === b[i]), name);
  }
  t.equal(readTrained(made).statistics!.t.mean[0], STATISTICS.t.mean[0], 'with the published statistics');
  await Promise.all([released.close(), made.close()]);
  t.same(
    readdirSync(out).filter((name) => name.startsWith('.')),
    [],
    'the denoiser alone is not kept',
  );
  rmSync(from);
  const again = await train({ dataset, out, pack: undefined, from, processes: 1, settings });
  t.equal(again.step, 1, 'a run that goes on does not need it any more');
  writeKdtalker(from, (network) => network.delete('point_model.model.input_projection.bias'));
  const other = { dataset, out: join(folder, 'other'), pack: undefined, from, processes: 1, settings };
  await fails(t, () => train(other), 'CHECKPOINT_INVALID', /missing.*input_projection\.bias/s);
});

t.test('checkpoints on the way make videos, which are measured', { skip }, async (t) => {
  torch(t);
  const folder = t.testdir({ given: {} });
  const { pack, dataset } = await tinyDataset(folder);
  copyFileSync(portraitFile, join(folder, 'given/anna.png'));
  speechFile(join(folder, 'given'), 0.2, 'anna.wav');
  const bench = join(folder, 'bench');
  await prepareBench({ videos: join(folder, 'given'), out: bench, size: 256 });
  const out = join(folder, 'run');
  const small = { dim: 64, depth: 1, window: 8, batch: 2, steps: 6, 'checkpoint-every': 1 };
  const options = { dataset, out, pack, processes: 1, settings: small };
  const told: TrainingEvent[] = [];
  const onEvent = (event: TrainingEvent) => void told.push(event);
  await train({ ...options, evaluation: { every: 3, bench }, onEvent });
  const found = told.filter(({ event }) => event === 'evaluation');
  t.same(
    found.map(({ step }) => step),
    [3, 6],
  );
  for (const { faces, cpbd } of found)
    t.ok(typeof faces === 'number' && Number(cpbd) > 0, `${faces} ${cpbd}`);
  for (const file of ['videos/anna.mp4', 'results/report.html'])
    t.ok(existsSync(join(out, 'evaluations/3', file)), file);
  t.match(readFileSync(join(out, 'history.jsonl'), 'utf8'), /"event":"evaluation","step":6/);
  t.match(readFileSync(join(out, 'chart.html'), 'utf8'), /evaluation.*cpbd/s);
  t.same(
    readdirSync(out).filter((name) => /^\.|evaluated/.test(name)),
    [],
    'the packs that made them are gone',
  );
  const wrong = (evaluation: RunEvaluation, more = {}) => train({ ...options, ...more, evaluation });
  await fails(t, () => wrong({ every: 3, bench: folder }), 'FILE_NOT_FOUND', /bench\.json/);
  const rare = { settings: { ...small, 'checkpoint-every': 2 } };
  await fails(
    t,
    () => wrong({ every: 3, bench }, rare),
    'INVALID_ARGUMENT',
    /a multiple of checkpoint-every, 2/,
  );
  await fails(t, () => wrong({ every: 3, bench }, { pack: undefined }), 'INVALID_ARGUMENT', /a pack/);
  const typed = await run(['train', '--dataset', dataset, '--out', out, '--evaluate-every', '10000']);
  t.match(typed, { code: 2, stderr: /Expected --bench DIR/ });
});

t.test('without Python or PyTorch: one sentence', async (t) => {
  const folder = t.testdir();
  const { dataset } = await tinyDataset(folder);
  const refused = async (python: string, ...words: string[]) => {
    const env = { KDTALKER_PYTHON: python, OMP_NUM_THREADS: undefined };
    const train = ['train', '--dataset', dataset, '--out', join(folder, 'run'), ...words];
    const { code, stderr } = await run(train, { env });
    t.equal(code, 1);
    t.equal(stderr.trim().split('\n').length, 1, stderr);
    return stderr;
  };
  const fake = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  t.match(
    await refused(join(folder, 'nowhere')),
    /PYTHON_NOT_FOUND: Expected a Python with PyTorch .* no program at/,
  );
  t.match(
    await refused(fake('bare', 'echo "No module named \'torch\'" >&2; exit 1')),
    /says: No module named 'torch'\. Install it/,
  );
  t.match(await refused(fake('old', 'echo 3 8 2.1.0')), /Expected Python 3\.10 or later but received/);
  t.match(
    await refused(fake('older', 'echo 3 11 1.9.1')),
    /Expected PyTorch 1\.13 or later but received 1\.9\.1/,
  );
  const crash = fake('crash', 'case "$1" in -c) echo 3 11 2.1.0;; *) echo boom >&2; exit 3;; esac');
  t.match(await refused(crash), /TRAINING_FAILED: Expected a training that ends well but boom/);
  t.notOk(existsSync(join(folder, 'run/pack')));
  const threads = fake(
    'threads',
    'case "$1" in -c) echo 3 11 2.1.0;; *) echo "threads: $OMP_NUM_THREADS." >&2; exit 3;; esac',
  );
  t.match(await refused(threads), /threads: \./, 'one process takes the whole machine');
  t.match(await refused(threads, '--gpus', '2'), /threads: 1\./);
});
