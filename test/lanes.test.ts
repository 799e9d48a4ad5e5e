// Many clips on one talker: the same bytes as alone, few at a time, the first first, and a limit.
import { setImmediate } from 'node:timers/promises';
import type { AnimateOptions, Clip, KdtalkerError, Portrait, Talker } from 'kdtalker';
import t from 'tap';
import { hashOf, loadBoth, speech } from './support/talker.js';

const FRAMES = 12;
/** Of clips that are still made when others have come, on machines of any speed; these end them then. */
const MANY = 150;

function clipOf(talker: Talker, portrait: Portrait, options: AnimateOptions = {}, frames = FRAMES): Clip {
  return talker.animate(portrait, speech(frames), options);
}

/** Begins a clip, and leaves the rest to whoever calls next(). */
async function begun(clip: Clip) {
  const frames = clip.frames({ format: 'yuv420p' });
  const first = frames.next();
  first.catch(() => {});
  return { clip, frames, first };
}

t.test('twelve clips at once are those that each makes alone, a few at a time', async (t) => {
  const { talker, portrait } = await loadBoth(t, { threads: 2 });
  const seeds = Array.from({ length: 12 }, (_, seed) => seed);
  const alone = await hashOf(clipOf(talker, portrait, { seed: 11 }));
  const { lanes } = talker.stats();
  t.equal(lanes, 2);
  let most = 0;
  const hashes = await Promise.all(
    seeds.map(async (seed) => {
      const clip = clipOf(talker, portrait, { seed, tenant: seed % 2 ? 'odd' : '', priority: seed % 3 });
      clip.on('progress', () => {
        const { running, queued } = talker.stats().files;
        if (running + queued > 0) most = Math.max(most, running);
      });
      return hashOf(clip);
    }),
  );
  t.equal(hashes[11], alone);
  t.equal(new Set(hashes).size, 12);
  t.equal(most, lanes + 1, 'running at a time');
  const { files, cost, errors, portraits } = talker.stats();
  t.same(files, { running: 0, queued: 0, seconds: 0 });
  t.ok(cost.frame > 0 && cost.window > 0, 'costs were measured');
  t.equal(errors, 0);
  t.equal(portraits, 1);
});

t.test('of clips that wait the highest priority is first, then the first that came', async (t) => {
  const { talker, portrait } = await loadBoth(t, { threads: 1 });
  const running = [0, 1].map((seed) => clipOf(talker, portrait, { seed }, MANY));
  const ended: string[] = [];
  const reading = running.map((clip) => t.rejects(hashOf(clip), { code: 'ABORTED' }));
  while (talker.stats().files.running < 2) await setImmediate();
  const later = Object.entries({ low: 0, lower: -5, high: 9 }).map(async ([name, priority]) => {
    await hashOf(clipOf(talker, portrait, { priority }));
    ended.push(name);
  });
  while (talker.stats().files.queued < 3) await setImmediate();
  await Promise.all([...running.map((clip) => clip.close()), ...reading, ...later]);
  t.same(ended, ['high', 'low', 'lower']);
});

t.test('a reader that stalls holds up nobody', async (t) => {
  const { talker, portrait } = await loadBoth(t, { threads: 1 });
  const stalled = await Promise.all([0, 1, 2].map((seed) => begun(clipOf(talker, portrait, { seed }, 50))));
  await Promise.race(stalled.map(({ first }) => first));
  t.match(await hashOf(clipOf(talker, portrait)), /^[0-9a-f]{64}$/);
  for (const { frames, first } of stalled) {
    await first;
    t.equal((await frames.next()).value?.index, 1, 'and goes on when it wants to');
  }
});

t.test(
  'a hundred clips may wait, the next is told when to try again, and one that ends makes room',
  async (t) => {
    const { talker, portrait } = await loadBoth(t, { threads: 1 });
    const clips = Array.from({ length: 102 }, (_, seed) =>
      clipOf(talker, portrait, { seed }, seed < 2 ? MANY : 30),
    );
    const reads = clips.map((clip) => hashOf(clip));
    for (const read of reads) read.catch(() => {});
    while (talker.stats().files.queued < 100) await setImmediate();
    const refused = clipOf(talker, portrait).motion();
    await t.rejects(refused, { code: 'BUSY' });
    const { retryAfter } = (await refused.catch((error: unknown) => error)) as KdtalkerError;
    t.ok(retryAfter !== undefined && retryAfter > 0, `again after ${retryAfter} s`);
    t.ok(talker.stats().files.seconds > 0);
    await clips[60]!.close();
    t.equal(talker.stats().files.queued, 99);
    const taken = clipOf(talker, portrait, { priority: 1 }).motion();
    await Promise.all(clips.slice(0, 101).map((clip) => clip.close()));
    t.equal((await taken).frames, FRAMES);
    await t.rejects(reads[0]!, { code: 'ABORTED' });
  },
);

t.test('an aborted clip is gone at once, and no error', async (t) => {
  const { talker, portrait } = await loadBoth(t, { threads: 1 });
  const stop = new AbortController();
  const aborted = hashOf(clipOf(talker, portrait, { signal: stop.signal }, 100));
  while (talker.stats().files.running === 0) await setImmediate();
  stop.abort();
  await t.rejects(aborted, { code: 'ABORTED' });
  t.equal(talker.stats().errors, 0);
  t.same(talker.stats().files, { running: 0, queued: 0, seconds: 0 });
});

t.test('tenants and priorities are checked', async (t) => {
  const { talker, portrait } = await loadBoth(t, { tenants: { gold: 3 } });
  for (const options of [{ tenant: 7 }, { tenant: 'x'.repeat(257) }, { priority: 0.5 }, { priority: 1001 }])
    t.throws(() => talker.animate(portrait, speech(3), options as AnimateOptions), {
      code: 'INVALID_ARGUMENT',
    });
});
