// A small pack of the full architecture as plans: every network of the published pack, whole on `cuda:0`, which is the double of CUDA here.
import { appendFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AnimateOptions, Portrait, Talker } from 'kdtalker';
import t, { type Test } from 'tap';
import { planPack } from '../dist/packs/lowering/plan/plan-pack.js';
import { readPack } from '../dist/packs/pack.js';
import { takeCudaDouble } from './support/cuda-double.js';
import { fullPack, SMALL } from './support/full-pack.js';
import { fails, setEnvironment } from './support/media.js';
import { relativeDifference, temporaryFolder } from './support/networks.js';
import { pcm, spoken } from './support/streams.js';
import { framesOf, loadTalker, portraitFile, speech } from './support/talker.js';

takeCudaDouble();
const folder = temporaryFolder(t);
const cache = join(folder, 'cache');
setEnvironment(t, { KDTALKER_CACHE: cache });
const pack = await fullPack(join(folder, 'pack'));
/** Frames of the tests' clips: two windows of the pack's four, of which the second is not whole. */
const FRAMES = 5;

/** Without lowering, the reference is ONNX Runtime's own arithmetic. */
const onCpu = (t: Test) => loadTalker(t, { device: 'cpu', lowering: false, threads: 1 }, pack);
const onGpu = (t: Test) => loadTalker(t, { device: 'cuda:0' }, pack);

async function show(talker: Talker, portrait: Portrait, options: AnimateOptions = {}): Promise<Buffer> {
  const frames = await framesOf(talker.animate(portrait, speech(FRAMES), { seed: 7n, ...options }));
  return Buffer.concat(frames.map(({ data }) => data));
}

/** Asserts that no byte of the frames differs by more than a level. */
function alike(t: Test, found: Buffer, expected: Buffer, name: string): void {
  t.equal(found.length, expected.length, `${name}: as many bytes`);
  const most = found.reduce((largest, byte, i) => Math.max(largest, Math.abs(byte - expected[i]!)), 0);
  t.ok(most <= 1, `${name}: ${most} at most`);
}

const entries = () => readdirSync(cache).map((name) => join(cache, name));

t.test('frames are those of the CPU, and nothing crosses but what has to', async (t) => {
  const [cpu, gpu] = [await onCpu(t), await onGpu(t)];
  const portrait = await gpu.portrait(portraitFile);
  const { pack: own } = gpu.counters();
  t.ok(own.uploadBytes > 4e6, 'the weights are on the device');
  const first = await show(gpu, portrait);
  alike(t, first, await show(cpu, await cpu.portrait(portraitFile)), 'frames');
  t.ok(first.equals(await show(gpu, portrait)), 'the same seed gives the same bytes');
  t.notOk(first.equals(await show(gpu, portrait, { seed: 8n })), 'another seed others');
  const { pack: after, picture, spectrogram, frame, ...others } = gpu.counters();
  t.same(after, own, 'no clip loads anything');
  t.match({ picture, spectrogram }, { picture: { uploads: 1 }, spectrogram: { uploads: 3 } });
  t.match(frame, { uploads: 0, downloads: 3 * FRAMES });
  for (const [name, { uploads, downloads }] of Object.entries(others))
    t.same([uploads, downloads], [0, 0], `${name}: nothing`);
});

t.test('what depends on the portrait alone is a plan of its own, once a portrait', async (t) => {
  // In fp16 heat maps of both keypoints are made in one kernel, in every frame.
  for (const [precision, inputs] of [
    ['fp32', ['feature', 'source']],
    ['fp16', ['feature']],
  ] as const) {
    const planned = await planPack(await readPack(pack), { window: 4, steps: 3, precision });
    const of = (role: string) => planned.find(({ plan }) => plan.role === role);
    const [prepare, warp] = [of('prepare'), of('warp')];
    t.strictSame(Object.keys(prepare?.inputs ?? {}), inputs, precision);
    const made = Object.keys(prepare!.outputs);
    t.ok(made.length > 0 && made.every((word) => word in warp!.inputs), `${precision}: ${made}`);
  }
});

t.test('every stage is that of the CPU, in windows and steps of a clip', async (t) => {
  const options = {
    seed: 3n,
    window: 3,
    steps: 2,
    stitch: true,
    eyes: 0.3,
    lips: 0.2,
    frames: [0, FRAMES - 1],
  };
  const traced = async (talker: Talker) => {
    const cut = { portrait: { crop: 'liveportrait' } } as const;
    return (await talker.trace(portraitFile, speech(FRAMES), { ...options, ...cut })).tensors;
  };
  const [found, expected] = [await traced(await onGpu(t)), await traced(await onCpu(t))];
  t.strictSame(Object.keys(found), Object.keys(expected), 'the same stages');
  t.ok(['features', 'x_d', 'stitched_0', 'warped_0', 'image_4'].every((name) => name in found));
  for (const [name, { data, dims }] of Object.entries(expected)) {
    t.strictSame(found[name]!.dims, dims, `${name}: the same lengths`);
    const apart = data.every((value) => value === 0) ? 0 : relativeDifference(found[name]!.data, data);
    t.ok(apart < 3e-5, `${name}: differs by ${apart.toExponential(1)}`);
  }
});

t.test('a window or steps of a clip are another plan over the same weights, made once', async (t) => {
  const [cpu, gpu] = [await onCpu(t), await onGpu(t)];
  const portrait = await gpu.portrait(portraitFile);
  const still = await cpu.portrait(portraitFile);
  const own = entries();
  const { uploadBytes } = gpu.counters().pack;
  for (const options of [{ window: 3 }, { window: 2, steps: 4 }]) {
    const name = JSON.stringify(options);
    alike(t, await show(gpu, portrait, options), await show(cpu, still, options), name);
  }
  const made = entries().filter((entry) => !own.includes(entry));
  t.equal(made.length, 2, 'an entry of the cache for each length');
  const files = made.flatMap((entry) => readdirSync(entry));
  t.notOk(
    files.some((file) => file.endsWith('.weights')),
    'without weights',
  );
  t.ok(gpu.counters().pack.uploadBytes - uploadBytes < 1e5, 'weights are not loaded again');

  const before = made.map((entry) => statSync(entry).ino);
  const again = await onGpu(t);
  const options = { window: 3, steps: 4 };
  const frames = await show(again, await again.portrait(portraitFile), options);
  alike(t, frames, await show(cpu, still, options), 'another talker');
  t.same(
    made.map((entry) => statSync(entry).ino),
    before,
    'the plans were found',
  );
});

t.test('in half precision too, whose plans are others', async (t) => {
  await nearInHalves(t, pack);
});

/** Asserts that a pack's frames in half precision are those of the CPU, but for rounding. */
async function nearInHalves(t: Test, pack: string): Promise<void> {
  const half = await loadTalker(t, { device: 'cuda:0', precision: 'fp16' }, pack);
  const cpu = await loadTalker(t, { device: 'cpu', lowering: false, threads: 1 }, pack);
  const [portrait, still] = [await half.portrait(portraitFile), await cpu.portrait(portraitFile)];
  const window = 3;
  const [found, expected] = [await show(half, portrait, { window }), await show(cpu, still, { window })];
  const noise = found.reduce((sum, byte, i) => sum + (byte - expected[i]!) ** 2, 0) / found.length;
  const decibels = 10 * Math.log10(255 ** 2 / noise);
  t.ok(decibels > 55 && decibels < 100, `${decibels.toFixed(1)} dB`);
}

t.test('in half precision networks pass blocks of halves on, where channels fill them', async (t) => {
  const wide = await fullPack(join(folder, 'wide'), { shape: { ...SMALL, warped: 32 } });
  const slots = async (name: string) => {
    const planned = await planPack(await readPack(name), { window: 4, steps: 3, precision: 'fp16' });
    const halves = ({ plan }: (typeof planned)[number]) =>
      plan.slots.filter(({ type }) => type === 'float16');
    return Object.fromEntries(
      planned.map((each) => [each.plan.role, halves(each).map(({ direction, dims }) => [direction, dims])]),
    );
  };
  const between = await slots(wide);
  t.strictSame(between.decode, [['input', [2, 8, 8, 16]]], 'the warped feature');
  t.strictSame(between.warp!.at(-1), ['output', [2, 8, 8, 16]]);
  const shared = (direction: string, of: typeof between.warp) =>
    of!.flatMap(([which, dims]) => (which === direction ? [dims] : []));
  t.ok(between.prepare!.length > 0, 'and what depends on the portrait alone');
  t.strictSame(shared('output', between.prepare), shared('input', between.warp));
  t.strictSame((await slots(pack)).decode, [], 'not of 12 channels');

  await nearInHalves(t, wide);
  const traced = async (talker: Talker) =>
    (await talker.trace(portraitFile, speech(FRAMES), { seed: 3n, frames: [1] })).tensors.warped_1!;
  const found = await traced(await loadTalker(t, { device: 'cuda:0', precision: 'fp16' }, wide));
  const expected = await traced(await loadTalker(t, { device: 'cpu', lowering: false }, wide));
  t.strictSame(found.dims, expected.dims, 'a trace shows floats');
  t.ok(relativeDifference(found.data, expected.data) < 0.01);
});

t.test('a stream, whose lips have steps of their own', async (t) => {
  const options = { seed: 5n, window: 3, hop: 1, ahead: 1, steps: 2 };
  const streamed = async (talker: Talker) => {
    const stream = talker.stream(await talker.portrait(portraitFile), options);
    const frames = await spoken(stream, pcm(3));
    return Buffer.concat(frames.map(({ data }) => data));
  };
  alike(t, await streamed(await onGpu(t)), await streamed(await onCpu(t)), 'frames');
});

t.test('clips of several windows at once', async (t) => {
  const gpu = await onGpu(t);
  const portrait = await gpu.portrait(portraitFile);
  const windows = [2, 5, 2];
  const shown = await Promise.all(windows.map((window) => show(gpu, portrait, { window })));
  t.ok(shown[0]!.equals(shown[2]!), 'the same window, the same bytes');
  t.ok(shown[1]!.equals(await show(gpu, portrait, { window: 5 })), 'as alone');
});

t.test(
  'a clip that is stopped while it is planned, and a pack that changed since it was loaded',
  async (t) => {
    const damaged = await fullPack(join(folder, 'damaged'), { steps: 2 });
    const gpu = await loadTalker(t, { device: 'cuda:0' }, damaged);
    const portrait = await gpu.portrait(portraitFile);
    const stop = new AbortController();
    const clip = gpu.animate(portrait, speech(FRAMES), { window: 6, signal: stop.signal });
    clip.on('progress', () => stop.abort()); // of the sound, before planning
    await fails(t, () => clip.motion(), 'ABORTED');
    const motion = await gpu.animate(portrait, speech(FRAMES), { window: 6 }).motion();
    t.equal(motion.frames, FRAMES, 'the next one is planned');

    appendFileSync(join(damaged, 'denoiser.onnx'), 'x');
    await fails(
      t,
      () => gpu.animate(portrait, speech(FRAMES), { window: 10 }).motion(),
      'PACK_DAMAGED',
      /denoiser/,
    );
    const others = await gpu.animate(portrait, speech(FRAMES)).motion();
    t.equal(others.frames, FRAMES, 'what is planned goes on');
    const replayed = await framesOf(gpu.animate(portrait, motion, { window: 11 }));
    t.equal(replayed.length, FRAMES, 'a motion that is there needs no plan');
  },
);
