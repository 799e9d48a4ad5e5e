import type { AnimateOptions, TalkerOptions } from 'kdtalker';
import t from 'tap';
import { hashOf, loadBoth, speech } from './support/talker.js';

const FRAMES = 4;

t.test('a seed gives the same bytes on every device, with any number of threads', async (t) => {
  const settings: TalkerOptions[] = [
    { device: 'cpu', threads: 1 },
    { device: 'cpu', threads: 2 },
    { device: 'cpu', threads: 3 },
    { device: 'guarded', threads: 2 },
  ];
  const variants: AnimateOptions[] = [
    { seed: 7 },
    { seed: 7n, sampler: 'ddpm', steps: 10, blink: 'periodic' },
  ];
  const hashes = await Promise.all(
    settings.map(async (options) => {
      const { talker, portrait } = await loadBoth(t, options);
      const found: string[] = [];
      for (const variant of variants) {
        const clip = talker.animate(portrait, speech(FRAMES), variant);
        found.push(await hashOf(clip), await hashOf(clip, { format: 'yuv420p' }));
      }
      return found;
    }),
  );
  for (const [i, options] of settings.entries()) t.same(hashes[i], hashes[0], JSON.stringify(options));
  t.equal(new Set(hashes[0]).size, 4);
});

t.test('another seed moves the head in another way', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const yaws = await Promise.all(
    Array.from({ length: 8 }, async (_, seed) => {
      const motion = await talker.animate(portrait, speech(64), { seed }).motion();
      return Array.from({ length: 64 }, (_, i) => motion.frame(i).yaw);
    }),
  );
  for (let a = 0; a < 8; a++) {
    for (let b = 0; b < a; b++) {
      const apart = Math.max(...yaws[a]!.map((yaw, i) => Math.abs(yaw - yaws[b]![i]!)));
      t.ok(apart > 0.5, `seeds ${a} and ${b} are up to ${apart.toFixed(1)} degrees apart`);
    }
  }
});

t.test('seeds above 2^53 are told apart', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const values = async (seed: bigint) =>
    (await talker.animate(portrait, speech(2), { seed }).motion()).values;
  const large = 2n ** 63n;
  t.notSame(await values(large), await values(large + 1n));
  t.same(await values(5n), (await talker.animate(portrait, speech(2), { seed: 5 }).motion()).values);
});

t.test('a longer speech begins as the shorter one does, window by window', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const short = await talker.animate(portrait, speech(64 + 20)).rawMotion();
  const long = await talker.animate(portrait, speech(64 + 40)).rawMotion();
  t.same(long.values.subarray(0, 64 * 70), short.values.subarray(0, 64 * 70));
});
