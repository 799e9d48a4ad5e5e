import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type LoweringProgress, Talker } from 'kdtalker';
import t from 'tap';
import { native } from '../dist/binding.js';
import { smallPack } from './support/small-pack.js';
import { framesOf, portraitFile, speech } from './support/talker.js';

const root = t.testdir();
const pack = smallPack(join(root, 'pack'));
const cache = join(root, 'cache');
process.env.KDTALKER_CACHE = cache;

async function frame(t: import('tap').Test, options: import('kdtalker').TalkerOptions): Promise<Uint8Array> {
  const talker = await Talker.load(pack, options);
  t.teardown(() => talker.close());
  const portrait = await talker.portrait(portraitFile);
  const file = join(root, 'kept.portrait');
  await portrait.save(file);
  const [first] = await framesOf(talker.animate(portrait, speech(3), { seed: 1 }));
  const [again] = await framesOf(talker.animate(await talker.loadPortrait(file), speech(3), { seed: 1 }));
  t.strictSame(again!.data, first!.data, 'a portrait that was kept has its prepared part again');
  return first!.data;
}

/** The largest difference of a byte. */
function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

t.test('lowered and not, frames are the same', async (t) => {
  const plain = await frame(t, { lowering: false });
  t.throws(() => readdirSync(cache), { code: 'ENOENT' }, 'nothing is kept without lowering');
  const progress: LoweringProgress[] = [];
  const lowered = await frame(t, { onProgress: (event) => progress.push(event) });
  t.equal(progress.at(-1)!.done, progress.at(-1)!.total);
  t.equal(readdirSync(cache).length, 1);
  t.ok(difference(lowered, plain) <= 1, 'but for rounding');
  const guarded = await frame(t, { device: 'guarded', onProgress: () => t.fail('the entry serves both') });
  t.ok(difference(guarded, plain) <= 1);
});

t.test('precision', async (t) => {
  const { bf16 } = native().cpuFeatures();
  const auto = await Talker.load(pack, { precision: 'auto' });
  t.teardown(() => auto.close());
  t.equal(auto.precision, bf16 ? 'bf16' : 'fp32');
  if (bf16) t.ok(difference(await frame(t, { precision: 'bf16' }), await frame(t, {})) <= 8);
  else
    await t.rejects(Talker.load(pack, { precision: 'bf16' }), {
      code: 'DEVICE_UNAVAILABLE',
      message: /AVX512-BF16.*'auto'/,
    });
  await t.rejects(Talker.load(pack, { precision: 'bf16', lowering: false }), { code: 'INVALID_ARGUMENT' });
  await t.rejects(Talker.load(pack, { precision: 'int8' as 'fp32' }), {
    code: 'INVALID_ARGUMENT',
    message: /'fp32', 'bf16', 'fp16' or 'auto'/,
  });
  await t.rejects(Talker.load(pack, { lowering: 1 as unknown as boolean }), {
    code: 'INVALID_ARGUMENT',
    message: /true or false/,
  });
});

t.test('the puppet is loaded as it is', async (t) => {
  const before = readdirSync(cache);
  const talker = await Talker.load('puppet', { onProgress: () => t.fail('nothing is lowered') });
  await talker.close();
  t.strictSame(readdirSync(cache), before);
});
