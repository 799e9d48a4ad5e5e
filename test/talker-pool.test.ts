// Several talkers as one: clips and streams are spread, portraits follow them, and bytes are those of one talker.
import { type Clip, type Portrait, TalkerPool } from 'kdtalker';
import t, { type Test } from 'tap';
import { takeCudaDouble } from './support/cuda-double.js';
import { hashOf, loadBoth, portraitFile, speech } from './support/talker.js';

process.env.KDTALKER_CUDA_DOUBLE = 'devices=2';
takeCudaDouble();

const SECOND = new Uint8Array(32_000).map((_, i) => (i * 37) % 251);

async function load(t: Test, device: string[]): Promise<{ pool: TalkerPool; portrait: Portrait }> {
  const pool = await TalkerPool.load('puppet', { device });
  t.teardown(() => pool.close());
  return { pool, portrait: await pool.portrait(portraitFile) };
}

/** Begins a clip; the rest waits for who calls next(). */
async function begin(clip: Clip) {
  const frames = clip.frames();
  await frames.next();
  return frames;
}

const running = (pool: TalkerPool) =>
  pool.talkers.map((talker) => talker.stats().files.running + talker.stats().live.streams);

t.test('clips go to the talker with the fewest, with the bytes of one talker', async (t) => {
  const { talker, portrait: own } = await loadBoth(t, { device: 'cpu' });
  const expected = await hashOf(talker.animate(own, speech(8), { seed: 3 }));
  const { pool, portrait } = await load(t, ['cpu', 'cpu', 'cpu']);
  t.equal(pool.device, 'cpu,cpu,cpu');
  t.equal(pool.stats().portraits, 1);
  const begun = await Promise.all([0, 1, 2].map(() => begin(pool.animate(portrait, speech(60)))));
  t.same(running(pool), [1, 1, 1]);
  t.equal(pool.stats().portraits, 3, 'the portrait went there');
  for (const frames of begun) await frames.return();
  const hashes = await Promise.all(
    [0, 1, 2, 3, 4].map(() => hashOf(pool.animate(portrait, speech(8), { seed: 3 }))),
  );
  t.same(new Set(hashes), new Set([expected]));
  t.equal(pool.stats().portraits, 3, 'and is copied once');
  await portrait.close();
  t.equal(pool.stats().portraits, 0);
});

t.test('streams go where the portrait is, until another talker is less loaded by a fifth', async (t) => {
  const { pool, portrait } = await load(t, ['cpu', 'cpu']);
  await hashOf(pool.animate(portrait, speech(4))); // measures
  const streams = [];
  for (let i = 0; i < 4; i++) {
    const wanted = pool.talkers.map((_, at) => {
      const { live, portraits } = pool.talkers[at]!.stats();
      return live.load + (portraits > 0 ? 0 : 0.2);
    });
    const was = running(pool);
    const stream = pool.stream(portrait, { seed: i });
    await stream.write(SECOND);
    streams.push(stream);
    const went = running(pool).findIndex((count, at) => count > was[at]!);
    t.equal(wanted[went], Math.min(...wanted), `stream ${i} of ${wanted}`);
    if (i === 0) t.ok(pool.talkers[went]!.stats().portraits > 0, 'where the portrait is');
  }
  t.ok(
    running(pool).every((count) => count > 0),
    'both have streams',
  );
  for (const stream of streams) {
    stream.end();
    let frames = 0;
    for await (const _ of stream) frames++;
    t.equal(frames, 25);
  }
});

t.test('two GPUs: a portrait of one speaks on the other', async (t) => {
  const { pool, portrait } = await load(t, ['cuda:0', 'cuda:1']);
  const begun = await Promise.all([0, 1].map(() => begin(pool.animate(portrait, speech(40), { seed: 5 }))));
  t.same(running(pool), [1, 1]);
  const seconds = await Promise.all(begun.map(async (frames) => (await frames.next()).value?.data));
  t.same(seconds[0], seconds[1], 'the same bytes');
  for (const frames of begun) await frames.return();
  for (const talker of pool.talkers) t.ok(talker.deviceBytes() > 0, talker.device);
});

t.test('what does not fit is refused', async (t) => {
  for (const device of [[], 'cpu', ['cpu', 7]])
    await t.rejects(TalkerPool.load('puppet', { device: device as string[] }), { code: 'INVALID_ARGUMENT' });
  await t.rejects(TalkerPool.load('puppet', { device: ['cpu', 'gpu:0'] }), { code: 'DEVICE_UNKNOWN' });
  const { pool, portrait } = await load(t, ['cpu', 'cpu']);
  const { talker } = await loadBoth(t);
  t.throws(() => talker.animate(portrait, speech(2)), { code: 'INVALID_ARGUMENT' });
  await pool.close();
  t.throws(() => pool.animate(portrait, speech(2)), { code: 'CLOSED' });
});
