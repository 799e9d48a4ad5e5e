// Clips on `cuda:0`, which is the double of CUDA here: what a service sees when all is well, and when a GPU fails.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Talker } from 'kdtalker';
import t, { type Test } from 'tap';
import { type Ended, run, speechFile } from './support/cli.js';
import { CUDA_ENVIRONMENT, NEEDS_DOUBLE, takeCudaDouble } from './support/cuda-double.js';
import { fullPack } from './support/full-pack.js';
import { fails } from './support/media.js';
import { smallPack } from './support/small-pack.js';
import { endInTheMiddle, loadTalker, portraitFile, speech } from './support/talker.js';

takeCudaDouble();
/** Networks of the puppet that run for each frame. */
const GRAPHS = 1;
const NO_MEMORY = /DEVICE_MEMORY: Expected memory of device 'cuda:0'/;
const LOST = /DEVICE_LOST: .*Start this process again to use the GPU/s;

/** A clip of pictures by the command, with settings of the double. */
function animate(t: Test, settings: string): { folder: string; ended: Promise<Ended> } {
  const folder = t.testdir({ out: {} });
  const args = ['--portrait', portraitFile, '--speech', speechFile(folder, 0.2), '--seed', '7'];
  const out = ['--out', join(folder, 'out', '%03d.png'), '--device', 'cuda:0'];
  const env = { ...CUDA_ENVIRONMENT, KDTALKER_CUDA_DOUBLE: settings };
  return { folder: join(folder, 'out'), ended: run(['animate', ...args, ...out], { env }) };
}

const pictures = (folder: string) => readdirSync(folder).map((name) => readFileSync(join(folder, name)));

t.test('the same bytes in every order of threads, streams and copies', async (t) => {
  const { folder, ended } = animate(t, 'seed=0');
  t.match(await ended, { code: 0 });
  const expected = pictures(folder);
  t.equal(expected.length, 5);
  for (const settings of ['seed=1', 'seed=2', 'seed=1 late=1']) {
    const other = animate(t, settings);
    t.match(await other.ended, { code: 0 }, settings);
    t.ok(
      pictures(other.folder).every((picture, i) => picture.equals(expected[i]!)),
      settings,
    );
  }
});

t.test('a frame more costs a download, a wait and its launches, and no allocation', async (t) => {
  const talker = await loadTalker(t, { device: 'cuda:0' });
  const portrait = await talker.portrait(portraitFile);
  const costOf = async (count: number) => {
    const [work, crossings] = [talker.deviceWork(), talker.counters()];
    for await (const _ of talker.animate(portrait, speech(count), { steps: 2 }));
    const [later, crossed] = [talker.deviceWork(), talker.counters()];
    return {
      allocations: later.allocations - work.allocations,
      launches: later.launches - work.launches,
      graphLaunches: later.graphLaunches - work.graphLaunches,
      waits: later.synchronisations - work.synchronisations,
      uploads: crossed.spectrogram.uploads - crossings.spectrogram.uploads,
      downloads: crossed.frame.downloads - crossings.frame.downloads,
      others:
        crossed.pack.uploads - crossings.pack.uploads + crossed.motion.downloads - crossings.motion.downloads,
    };
  };
  // Makes the buffers that are used again. Two at once: a clip may begin before the one that ended has given back its own.
  for (let i = 0; i < 2; i++) await Promise.all([costOf(8), costOf(18)]);
  const [few, many] = [await costOf(8), await costOf(18)];
  t.match(few, { allocations: 0, uploads: 1, downloads: 8, others: 0 });
  t.match(many, { allocations: 0, uploads: 1, downloads: 18, others: 0 });
  // Beside the wait for each frame: the times of the last frames, which may not be there yet when a clip ends.
  t.ok(Math.abs(many.waits - few.waits - 10) <= 6, `${many.waits - few.waits} waits for ten frames`);
  t.equal((many.launches - few.launches) % 10, 0, `${(many.launches - few.launches) / 10} launches a frame`);
  t.equal(many.graphLaunches - few.graphLaunches, 10 * GRAPHS, 'and a graph for each network of a frame');
});

t.test('a first clip allocates nothing after its second window', async (t) => {
  const talker = await loadTalker(
    t,
    { device: 'cuda:0' },
    await fullPack(join(t.testdir(), 'pack'), { window: 2 }),
  );
  const portrait = await talker.portrait(portraitFile);
  const allocations: number[] = [];
  for await (const _ of talker.animate(portrait, speech(12), { steps: 3, seed: 1 }))
    allocations.push(talker.deviceWork().allocations);
  t.equal(allocations.length, 12);
  t.ok(
    allocations.slice(4).every((count) => count === allocations[4]),
    `${allocations}`,
  );
});

/** Two hundred: KDTALKER_LONG=1 npx tap test/cuda-clip.test.ts */
const CLIPS = process.env.KDTALKER_LONG ? 200 : 80;

t.test('many clips: as much memory of the device as after twenty', async (t) => {
  const talker = await loadTalker(
    t,
    { device: 'cuda:0' },
    await fullPack(join(t.testdir(), 'pack'), { window: 2 }),
  );
  const portrait = await talker.portrait(portraitFile);
  const motion = await talker.animate(portrait, speech(1), { seed: 1 }).motion();
  const counts: number[][] = [];
  for (let i = 0; i < CLIPS; i++) {
    // Every tenth samples its own motion.
    const source = i % 10 === 0 ? speech(1) : motion;
    for await (const _ of talker.animate(portrait, source, { seed: 1 }));
    counts.push([talker.deviceBytes(), talker.deviceWork().allocations]);
  }
  const [early, late] = [counts[19]!, counts.at(-1)!];
  t.equal(late[0], early[0]);
  // A clip may begin before the last one has given its buffers back, and then makes some of its own.
  t.ok(late[1]! - early[1]! < 18, `${late[1]! - early[1]!} allocations in ${CLIPS - 20} clips`);
});

t.test('without graphs: the same bytes, and every kernel is given singly', async (t) => {
  const made = [];
  for (const graphs of [true, false]) {
    const talker = await loadTalker(t, { device: 'cuda:0', graphs });
    const portrait = await talker.portrait(portraitFile);
    const frames = [];
    for await (const { data } of talker.animate(portrait, speech(4), { steps: 2, seed: 3 }))
      frames.push(data);
    made.push({ bytes: Buffer.concat(frames), launches: talker.deviceWork().graphLaunches });
  }
  t.ok(made[0]!.bytes.equals(made[1]!.bytes));
  t.equal(made[1]!.launches, 0);
  t.ok(made[0]!.launches > 0);
});

t.test(
  "the memory that a talker may hold: DEVICE_MEMORY at the limit, nothing of the processor's",
  async (t) => {
    await fails(t, () => Talker.load('puppet', { device: 'cuda:0', deviceMemory: 1 }), 'DEVICE_MEMORY');
    const talker = await loadTalker(t, { device: 'cuda:0', deviceMemory: 200 });
    t.ok(talker.deviceBytes() < 200e6);
    const onProcessor = () => Talker.load('puppet', { device: 'cpu', deviceMemory: 200 });
    await fails(t, onProcessor, 'INVALID_ARGUMENT', /no deviceMemory on device 'cpu'/);
  },
);

t.test(
  'a GPU without memory, and one that is lost: the sentence that fits',
  { skip: NEEDS_DOUBLE },
  async (t) => {
    for (const [settings, stderr] of [
      ['memory=1000000', NO_MEMORY],
      ['fail=cudaMalloc:6:2', NO_MEMORY],
      ['fail=cudaMalloc:18:2', NO_MEMORY],
      ['lose=100:719', LOST],
      ['lose=300:719', LOST],
      ['lose=400:719', LOST],
      ['lose=500:719', LOST],
    ] as const) {
      const { folder, ended } = animate(t, settings);
      t.match(await ended, { code: 1, stderr }, settings);
      t.same(readdirSync(folder), [], 'nothing is left');
    }
  },
);

t.test('a clip that is aborted, and a talker that is closed in the middle', (t) =>
  endInTheMiddle(t, { device: 'cuda:0' }),
);

/** How close bytes are to others, in dB. */
function psnr(ours: Uint8Array[], theirs: Uint8Array[]): number {
  const squares = ours.flatMap((frame, i) =>
    Array.from(frame, (value, at) => (value - theirs[i]![at]!) ** 2),
  );
  return 10 * Math.log10(255 ** 2 / (squares.reduce((sum, square) => sum + square, 0) / squares.length));
}

async function firstFrames(talker: Talker): Promise<Uint8Array[]> {
  const portrait = await talker.portrait(portraitFile);
  const frames: Uint8Array[] = [];
  for await (const { data } of talker.animate(portrait, speech(10), { seed: 7 }).frames()) {
    frames.push(Uint8Array.from(data));
    if (frames.length === 2) break;
  }
  return frames;
}

t.test('half precision is near float32 on the processor, and the same every time', async (t) => {
  const pack = smallPack(t.testdir({}));
  const exact = await firstFrames(await loadTalker(t, { device: 'cpu', precision: 'fp32' }, pack));
  const talker = await loadTalker(t, { device: 'cuda:0', precision: 'fp16' }, pack);
  t.equal(talker.precision, 'fp16');
  const halves = await firstFrames(talker);
  const near = psnr(halves, exact);
  t.ok(near >= 55 && near < 90, `${near.toFixed(1)} dB`);
  t.strictSame(await firstFrames(talker), halves);
  const floats = await firstFrames(await loadTalker(t, { device: 'cuda:0' }, pack));
  t.ok(psnr(floats, exact) > near, `${psnr(floats, exact).toFixed(1)} dB in float32`);
});

t.test('options that a GPU does not have', async (t) => {
  const bf16 = () => Talker.load('puppet', { device: 'cuda:0', precision: 'bf16' });
  await fails(t, bf16, 'DEVICE_UNAVAILABLE', /'fp32', 'fp16' or 'auto' for precision on device 'cuda:0'/);
  const plain = () => Talker.load('puppet', { device: 'cuda:0', lowering: false });
  await fails(t, plain, 'DEVICE_UNAVAILABLE', /none of .*denoiser/);
});
