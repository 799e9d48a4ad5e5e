// The guard of half precision on `cuda:0`, which is the double of CUDA here: packs whose activations halves cannot hold.
import { join } from 'node:path';
import type { AnimateOptions, Motion, Talker } from 'kdtalker';
import t, { type Test } from 'tap';
import { events, run, speechFile } from './support/cli.js';
import { CUDA_ENVIRONMENT, takeCudaDouble } from './support/cuda-double.js';
import { setEnvironment } from './support/media.js';
import { temporaryFolder } from './support/networks.js';
import { movedFrom, overflowing } from './support/overflow.js';
import { packDrawnBy, smallPack } from './support/small-pack.js';
import { pcm, spoken } from './support/streams.js';
import { framesOf, loadTalker, portraitFile, speech } from './support/talker.js';

takeCudaDouble();
const folder = temporaryFolder(t);
setEnvironment(t, { KDTALKER_CACHE: join(folder, 'cache') });
const FRAMES = 5;

const warnings: string[] = [];
process.on('warning', ({ message }) => warnings.push(message));
const warned = (name: string) => warnings.filter((message) => message.includes(`'${name}'`));

const on = (t: Test, pack: string, precision: 'fp32' | 'fp16' | 'auto') =>
  loadTalker(t, { device: 'cuda:0', precision }, pack);

async function show(talker: Talker, motion?: Motion, options: AnimateOptions = {}): Promise<Buffer[]> {
  const portrait = await talker.portrait(portraitFile);
  const clip = talker.animate(portrait, motion ?? speech(FRAMES), { seed: 7, ...options });
  return (await framesOf(clip)).map(({ data }) => Buffer.from(data));
}

t.test('a first frame that halves cannot hold: the whole clip is in float32, said once', async (t) => {
  const pack = packDrawnBy(t.testdir(), overflowing({ large: 1e6 }), 'broken');
  const [halves, floats] = [await on(t, pack, 'fp16'), await on(t, pack, 'fp32')];
  const held = halves.deviceBytes();
  const expected = await show(floats, undefined, { frame: 'crop' });
  t.same(await show(halves, undefined, { frame: 'crop' }), expected);
  t.ok(halves.deviceBytes() > held, 'the other networks were loaded when they were needed');
  t.same(await show(halves, undefined, { frame: 'crop' }), expected, 'another clip');
  const full = await show(halves, undefined, { frame: 'full' });
  t.same(full, await show(floats, undefined, { frame: 'full' }), 'whole pictures');
  t.same(warned('broken'), [
    "Half precision cannot hold frame 0 of pack 'broken'. This frame and the rest of the clip are rendered in float32. Use precision 'fp32'",
  ]);
});

t.test('every layout of pixels is guarded', async (t) => {
  const pack = packDrawnBy(t.testdir(), overflowing({ large: 1e6 }), 'layouts');
  const [halves, floats] = [await on(t, pack, 'fp16'), await on(t, pack, 'fp32')];
  for (const format of ['yuv420p', 'rgbf32'] as const) {
    const read = async (talker: Talker) => {
      const clip = talker.animate(await talker.portrait(portraitFile), speech(2), { seed: 1, frame: 'crop' });
      return (await framesOf(clip, { format })).map(({ data }) => Buffer.from(data));
    };
    t.same(await read(halves), await read(floats), format);
  }
});

t.test('a later frame: it and the rest are in float32, those before it are not', async (t) => {
  const pack = packDrawnBy(t.testdir(), overflowing({ gain: 1e7 }), 'later');
  const [halves, floats] = [await on(t, pack, 'fp16'), await on(t, pack, 'fp32')];
  const relative = { mode: 'relative' } as const;
  const exact = await show(floats, movedFrom(2, FRAMES), relative);
  const frames = await show(halves, movedFrom(2, FRAMES), relative);
  t.same(frames.slice(2), exact.slice(2), 'from the frame on');
  const still = await show(halves, movedFrom(FRAMES, FRAMES), relative);
  t.same(frames.slice(0, 2), still.slice(0, 2), 'before it');
  t.notSame(still[0], exact[0], 'halves are others');
  t.match(warned('later'), [/cannot hold frame 2 of/]);
});

t.test('a first frame of one level', async (t) => {
  const pack = packDrawnBy(t.testdir(), overflowing({ flat: true }), 'flat');
  const [halves, floats] = [await on(t, pack, 'fp16'), await on(t, pack, 'fp32')];
  t.same(await show(halves), await show(floats));
  t.equal(warned('flat').length, 1);
});

t.test('a stream', async (t) => {
  const pack = packDrawnBy(t.testdir(), overflowing({ large: 1e6 }), 'streamed');
  const options = { seed: 5, hop: 2, ahead: 1, steps: 2 };
  const streamed = async (talker: Talker) => {
    const frames = await spoken(talker.stream(await talker.portrait(portraitFile), options), pcm(3));
    return frames.map(({ data }) => Buffer.from(data));
  };
  t.same(await streamed(await on(t, pack, 'fp16')), await streamed(await on(t, pack, 'fp32')));
  t.equal(warned('streamed').length, 1);
});

t.test("'auto' is halves on a GPU, and no warning where they hold", async (t) => {
  const talker = await on(t, smallPack(t.testdir()), 'auto');
  t.equal(talker.precision, 'fp16');
  await show(talker);
  t.same(warned('small'), []);
});

t.test('the command: a warning in its events and in the result', async (t) => {
  const sound = t.testdir();
  const pack = packDrawnBy(join(sound, 'pack'), overflowing({ large: 1e6 }), 'told');
  const given = ['--portrait', portraitFile, '--speech', speechFile(sound, 0.2), '--pack', pack, '--json'];
  const args = [...given, '--device', 'cuda:0', '--precision', 'auto', '--out', join(sound, 'out.mp4')];
  const ended = await run(['animate', ...args], { env: CUDA_ENVIRONMENT });
  t.match(ended, { code: 0 });
  const told = events(ended).filter(({ event }) => event === 'warning');
  t.match(told, [{ code: 'HALVES_OVERFLOW' }]);
  t.match(events(ended).at(-1), { event: 'result', warning: /cannot hold frame 0/ });
});
