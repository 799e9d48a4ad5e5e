import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { cacheDirectory } from '../dist/packs/cache-directory.js';
import { BLOCKED_SHAPES } from '../dist/packs/lowering/blocked-shapes.js';
import { type LoweringTarget, loweredPack } from '../dist/packs/lowering/cache.js';
import { cacheKey, LOWERING_VERSION } from '../dist/packs/lowering/cache-key.js';
import { readPack } from '../dist/packs/pack.js';
import { plainWeights } from './support/lowered.js';
import { smallPack } from './support/small-pack.js';

/** A target that counts the weights that were laid out for it. */
function counting(): LoweringTarget & { laidOut: number } {
  const target = {
    device: 'cpu',
    precision: 'fp32' as const,
    cpu: 'test',
    laidOut: 0,
    layOutWeights: ((layout, weights) => {
      target.laidOut++;
      return plainWeights(layout, weights);
    }) as LoweringTarget['layOutWeights'],
  };
  return target;
}

async function prepared(t: Test) {
  const root = t.testdir();
  const pack = await readPack(smallPack(join(root, 'pack')));
  const directory = join(root, 'cache');
  return { pack, directory, target: counting() };
}

t.test('a miss is lowered, a hit is not', async (t) => {
  const { pack, directory, target } = await prepared(t);
  const progress: number[] = [];
  const onProgress = ({ stage, done, total }: { stage: string; done: number; total: number }) => {
    t.equal(stage, 'lower');
    progress.push(done / total);
  };
  const made = await loweredPack(pack, target, { directory, onProgress });
  t.strictSame(Object.keys(made!.networks), ['prepare', 'render'], 'networks without a pattern are left out');
  t.equal(target.laidOut, 2, 'one convolution a network: the others have too few channels');
  t.equal(progress.at(-1), 1, 'the end is told');
  t.strictSame(progress, [...progress].sort(), 'progress never goes back');
  t.strictSame(readdirSync(directory), [cacheKey(pack, target)], 'nothing else is left there');
  const again = await loweredPack(pack, target, { directory });
  t.strictSame(again, made);
  t.equal(target.laidOut, 2);
});

t.test('the portrait part takes what it needs, and the rest takes what crosses over', async (t) => {
  const { pack, directory, target } = await prepared(t);
  const { prepare, render } = (await loweredPack(pack, target, { directory }))!.networks;
  t.strictSame(prepare!.inputs, { feature: 'f_s' });
  t.same(Object.keys(prepare!.outputs), ['prepared_0']);
  t.equal(render!.inputs.prepared_0, prepare!.outputs.prepared_0);
  t.match(render!.inputs, { feature: 'f_s', source: 'x_s', driving: 'x_d' });
});

t.test('what lowering depends on has an entry of its own', async (t) => {
  const { pack, target } = await prepared(t);
  const keys = [
    cacheKey(pack, target),
    cacheKey(pack, { ...target, precision: 'bf16' }),
    cacheKey(pack, { ...target, cpu: 'other' }),
    cacheKey(pack, { ...target, device: 'other' }),
    cacheKey(await readPack('puppet'), target),
  ];
  t.equal(new Set(keys).size, keys.length);
  for (const key of keys) t.match(key, /^[0-9a-f]{64}$/);
});

/** Damages an entry, and asserts that it is made again as it was. */
function heals(what: string, damage: (folder: string) => void) {
  t.test(`${what}: made again`, async (t) => {
    const { pack, directory, target } = await prepared(t);
    const made = (await loweredPack(pack, target, { directory }))!;
    damage(made.directory);
    const again = (await loweredPack(pack, target, { directory }))!;
    t.equal(target.laidOut, 4, 'lowered a second time');
    t.strictSame(again, made);
    t.strictSame(readdirSync(directory), [cacheKey(pack, target)], 'the damaged one is gone');
  });
}

const DATA = 'render.onnx.data';
heals('one byte differs', (folder) => {
  const bytes = readFileSync(join(folder, DATA));
  bytes[100]! ^= 1;
  writeFileSync(join(folder, DATA), bytes);
});
heals('a file is cut off', (folder) => truncateSync(join(folder, DATA), 100));
heals('a file is longer', (folder) =>
  truncateSync(join(folder, DATA), statSync(join(folder, DATA)).size + 1),
);
heals('a file is another one', (folder) =>
  copyFileSync(join(folder, 'prepare.onnx'), join(folder, 'render.onnx')),
);
heals('the manifest is not JSON', (folder) => writeFileSync(join(folder, 'manifest.json'), '{'));
heals('the manifest is of another format', (folder) =>
  writeFileSync(join(folder, 'manifest.json'), '{"format":2}'),
);
heals('the manifest names a file elsewhere', (folder) => {
  const file = join(folder, 'manifest.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"render.onnx"', '"../render.onnx"'));
});

t.test('a file that was only touched is hashed, and good', async (t) => {
  const { pack, directory, target } = await prepared(t);
  const made = (await loweredPack(pack, target, { directory }))!;
  utimesSync(join(made.directory, DATA), new Date(), new Date());
  await loweredPack(pack, target, { directory });
  t.equal(target.laidOut, 2);
});

t.test('two at once in one process lower once', async (t) => {
  const { pack, directory, target } = await prepared(t);
  const [a, b] = await Promise.all([1, 2].map(() => loweredPack(pack, target, { directory })));
  t.strictSame(a, b);
  t.equal(target.laidOut, 2);
});

t.test('another process that was first is taken', async (t) => {
  const { pack, directory, target } = await prepared(t);
  const slow = counting();
  const layOutWeights = slow.layOutWeights;
  slow.layOutWeights = async (...args) => {
    // As another process would: its own copy of the module's state is what this one cannot see.
    const other = await import('../dist/packs/lowering/cache.js?other' as '../dist/packs/lowering/cache.js');
    if (slow.laidOut === 0) await other.loweredPack(pack, target, { directory });
    return layOutWeights(...args);
  };
  const made = await loweredPack(pack, slow, { directory });
  t.equal(target.laidOut, 2);
  t.equal(slow.laidOut, 2);
  t.strictSame(await loweredPack(pack, target, { directory }), made);
  t.strictSame(readdirSync(directory), [cacheKey(pack, target)]);
});

t.test('an abort leaves nothing', async (t) => {
  const { pack, directory, target } = await prepared(t);
  const controller = new AbortController();
  const onProgress = () => controller.abort();
  const { signal } = controller;
  await t.rejects(loweredPack(pack, target, { directory, signal, onProgress }), { code: 'ABORTED' });
  t.strictSame(readdirSync(directory), []);
  t.ok(await loweredPack(pack, target, { directory }), 'the next one makes it');
});

t.test('a cache that cannot be written is said, one that is filled is read', async (t) => {
  const { pack, directory, target } = await prepared(t);
  const file = join(directory, '..', 'a-file');
  writeFileSync(file, '');
  await t.rejects(loweredPack(pack, target, { directory: join(file, 'cache') }), {
    code: 'OUTPUT_UNWRITABLE',
    message: /KDTALKER_CACHE.*packs compile.*lowering: false/,
  });
  const made = (await loweredPack(pack, target, { directory }))!;
  chmodSync(made.directory, 0o555);
  chmodSync(directory, 0o555);
  t.strictSame(await loweredPack(pack, target, { directory }), made);
  for (const folder of [directory, made.directory]) chmodSync(folder, 0o755);
});

t.test('a pack in which nothing is found has no entry', async (t) => {
  const { directory, target } = await prepared(t);
  t.equal(await loweredPack(await readPack('puppet'), target, { directory }), undefined);
  t.throws(() => readdirSync(directory), { code: 'ENOENT' });
});

t.test('what was not used for long goes when another is made', async (t) => {
  const { pack, directory, target } = await prepared(t);
  const old = (await loweredPack(pack, { ...target, cpu: 'old' }, { directory }))!;
  const recent = (await loweredPack(pack, { ...target, cpu: 'recent' }, { directory }))!;
  const days = (count: number) => new Date(Date.now() - count * 24 * 60 * 60 * 1000);
  utimesSync(join(old.directory, 'manifest.json'), days(31), days(31));
  utimesSync(join(recent.directory, 'manifest.json'), days(29), days(29));
  mkdirSync(join(directory, 'not-ours'));
  utimesSync(join(directory, 'not-ours'), days(99), days(99));
  const made = (await loweredPack(pack, target, { directory }))!;
  const kept = [made.directory, recent.directory, join(directory, 'not-ours')];
  t.strictSame(
    readdirSync(directory)
      .map((name) => join(directory, name))
      .sort(),
    kept.sort(),
  );
});

t.test('where the cache is', async (t) => {
  t.equal(cacheDirectory({ KDTALKER_CACHE: '/a', XDG_CACHE_HOME: '/b' }), '/a');
  t.equal(cacheDirectory({ XDG_CACHE_HOME: '/b' }), '/b/kdtalker');
  t.equal(cacheDirectory({ HOME: '/c' }), '/c/.cache/kdtalker');
  t.match(cacheDirectory({}), /^\/.*\/\.cache\/kdtalker$/, "the system's word on the user");
  t.equal(cacheDirectory({ KDTALKER_CACHE: '', XDG_CACHE_HOME: '', HOME: '/c' }), '/c/.cache/kdtalker');
  t.equal(cacheDirectory({ XDG_CACHE_HOME: 'relative', HOME: '/c' }), '/c/.cache/kdtalker');
  for (const HOME of ['', 'relative']) t.equal(cacheDirectory({ HOME }), undefined);
});

t.test(
  'the names of the operators belong to the version of lowering: a cache of other names is made anew',
  async (t) => {
    const named = { version: LOWERING_VERSION, operators: Object.keys(BLOCKED_SHAPES).sort().join(' ') };
    t.strictSame(named, {
      version: 6,
      operators:
        'AveragePool Block BlockBf16 CellsFirst Conv DenseMotionInput DenseMotionInputBf16 MaskMotion Masked ' +
        'MotionInput Occlusion Picture SampleBlocks SampleVolume SampleVolumeBf16 Spade Stats Unblock UpConv ' +
        'UpConvEnd',
    });
  },
);
