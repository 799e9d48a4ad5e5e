import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { native } from '../dist/binding.js';
import { type Ended, events, printed, run, type Surroundings, start } from './support/cli.js';
import { smallPack } from './support/small-pack.js';

/** A folder with a small pack, and the way the command runs in it: its cache beside the pack. */
function prepared(t: Test, large?: number) {
  const cwd = t.testdir();
  smallPack(join(cwd, 'small'), large);
  const cache = join(cwd, 'cache');
  const surroundings = (more: Record<string, string> = {}): Surroundings => ({
    cwd,
    env: { KDTALKER_CACHE: cache, ...more },
  });
  const compile = (args: readonly string[], more?: Record<string, string>) =>
    run(['packs', 'compile', ...args], surroundings(more));
  return { cwd, cache, surroundings, compile };
}

/** What the last line of `--json` says was compiled. */
function compiled(ended: Ended) {
  return events(ended).at(-1) as unknown as { directory: string; bytes: number; networks: string[] };
}

const lowering = (ended: Ended) => events(ended).filter(({ event }) => event === 'progress');

t.test('packs compile lowers once, and finds it the next time', async (t) => {
  const { cache, compile } = prepared(t);
  const made = await compile(['small', '--json']);
  t.match(made, { code: 0, stderr: '' });
  const progress = lowering(made);
  t.match(progress[0], { stage: 'lower', fps: 0 });
  t.equal(progress.at(-1)!.done, progress.at(-1)!.total, 'the end is told');
  const { directory, bytes } = compiled(made);
  t.match(events(made).at(-1), {
    event: 'result',
    pack: 'small',
    version: '1.11.0',
    precision: 'fp32',
    seconds: Number,
    networks: ['prepare', 'render'],
  });
  t.same(readdirSync(cache), [directory.slice(cache.length + 1)], 'one entry, in the cache that was named');
  const files = readdirSync(directory).filter((name) => name !== 'manifest.json');
  const sizes = files.map((name) => statSync(join(directory, name)).size);
  t.equal(
    bytes,
    sizes.reduce((a, b) => a + b),
    'graphs and weights are counted',
  );

  const { ino } = statSync(directory);
  const again = await compile(['small', '--json']);
  t.equal(again.code, 0);
  t.same(lowering(again), [], 'nothing is lowered');
  t.same({ ...compiled(again), seconds: 0 }, { ...compiled(made), seconds: 0 });
  t.equal(statSync(directory).ino, ino, 'it is the same folder');

  const told = await compile(['small']);
  t.match(told, { code: 0, stderr: '' });
  const [first, second] = told.stdout.split('\n');
  t.ok(first!.startsWith(`${directory}: small 1.11.0 in fp32, `), 'the folder comes first');
  t.match(first, /, [\d.]+ [kM]B; made or found in [\d.]+ m?s$/);
  t.equal(second, 'Networks: prepare, render');
});

t.test('a pack in which nothing is lowered', async (t) => {
  const { cwd, compile } = prepared(t);
  t.match(await compile(['puppet']), {
    code: 0,
    stdout: 'puppet 1.11.0: no network is rewritten; the pack runs unchanged\n',
    stderr: '',
  });
  const ended = await compile(['puppet', '--json']);
  t.match(compiled(ended), { event: 'result', pack: 'puppet', networks: [], bytes: 0 });
  t.notOk('directory' in compiled(ended), 'there is none');
  t.same(readdirSync(cwd), ['small'], 'not even the cache is made');
});

t.test('every precision has an entry of its own', async (t) => {
  if (!native().cpuFeatures().bf16) return t.pass('bf16', { skip: 'this processor has no AVX512-BF16' });
  const { cache, compile } = prepared(t);
  const directories: string[] = [];
  for (const precision of ['fp32', 'bf16']) {
    const ended = await compile(['small', '--precision', precision, '--json']);
    directories.push(compiled(ended).directory.slice(cache.length + 1));
  }
  t.same(readdirSync(cache), directories.sort());
  t.match(await compile(['small', '--precision', 'auto']), { code: 0, stdout: /small [\d.]+ in bf16, / });
  t.equal(readdirSync(cache).length, 2, 'auto is one of them');
});

t.test('plans are made once, and found the next time', async (t) => {
  const { cache, compile } = prepared(t);
  const made = await compile(['puppet', '--device', 'cuda', '--json']);
  t.match(made, { code: 0, stderr: '' });
  t.match(events(made).at(-1), {
    event: 'result',
    device: 'cuda',
    precision: 'fp32',
    networks: ['appearance', 'motion', 'audio', 'denoiser', 'prepare', 'field'],
  });
  const { directory } = compiled(made);
  t.same(readdirSync(cache), [directory.slice(cache.length + 1)], 'one entry');
  t.ok(readdirSync(directory).includes('field.plan') && readdirSync(directory).includes('field.weights'));
  const again = await compile(['puppet', '--device', 'cuda', '--json']);
  t.same(lowering(again), [], 'nothing is planned');
  t.same({ ...compiled(again), seconds: 0 }, { ...compiled(made), seconds: 0 });
});

t.test('what plans cost is counted, and nothing is written', async (t) => {
  const { cwd, compile } = prepared(t);
  const told = await compile(['puppet', '--device', 'cuda', '--budget']);
  t.match(told, { code: 0, stderr: '' });
  const [head, , ...rows] = told.stdout.split('\n');
  t.match(
    head,
    /^\| network \| runs \| kernels \| GMAC \| GMAC done \| weights MB \| traffic MB \| arena MB \| RTX 4090 ms /,
  );
  t.match(
    rows[3],
    /^\| denoiser \| once a step \| \d+ \| 0\.00\d \| 0\.00\d \| 0\.\d \| \d\.\d \| 0\.\d \| 0\.\d{3} /,
  );
  const ended = await compile(['puppet', '--device', 'cuda', '--budget', '--json']);
  t.match(events(ended).at(-1), {
    event: 'result',
    pack: 'puppet',
    budget: [{ role: 'appearance', kernels: 1 }],
  });
  t.same(readdirSync(cwd), ['small'], 'not even the cache is made');
});

t.test('options of devices that do not go together', async (t) => {
  const { compile } = prepared(t);
  const refused = { code: 2, stdout: '' };
  t.match(await compile(['puppet', '--budget']), {
    ...refused,
    stderr: /Expected cuda for --device with --budget/,
  });
  const bf16 = await compile(['puppet', '--device', 'cuda', '--precision', 'bf16']);
  t.match(bf16, { code: 1, stdout: '', stderr: /DEVICE_UNAVAILABLE: .* precision on device 'cuda'/ });
  const auto = await compile(['puppet', '--device', 'cuda', '--precision', 'auto', '--budget']);
  t.match(auto, { code: 0, stderr: '' }, 'float32 is what a GPU has');
  const fp16 = await compile(['puppet', '--precision', 'fp16']);
  t.match(fp16, { code: 1, stdout: '', stderr: /DEVICE_UNAVAILABLE: .* precision on device 'cpu'/ });
});

t.test('plans in half precision are an entry of their own, with fewer bytes', async (t) => {
  const { compile } = prepared(t);
  const results = [];
  for (const precision of ['fp32', 'fp16']) {
    const ended = await compile(['small', '--device', 'cuda', '--precision', precision, '--json']);
    results.push(JSON.parse(ended.stdout.trim().split('\n').at(-1)!));
  }
  const [floats, halves] = results;
  t.match(halves, { precision: 'fp16', networks: floats.networks });
  t.not(halves.directory, floats.directory);
});

t.test('a pack whose networks do not fit is not planned', async (t) => {
  const { cwd, cache, compile } = prepared(t);
  const file = join(cwd, 'small/pack.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...manifest, motionSize: 128 }));
  const refused = { code: 1, stdout: '', stderr: /^kdtalker: PACK_INVALID: .*role motion/ };
  t.match(await compile(['small', '--device', 'cuda']), refused);
  t.match(await compile(['small', '--device', 'cuda', '--budget']), refused);
  t.throws(() => readdirSync(cache), { code: 'ENOENT' }, 'nothing was kept');
});

t.test('what cannot be compiled is said in a sentence', async (t) => {
  const { cwd, cache, compile } = prepared(t);
  const cases: [args: string[], code: number, stderr: RegExp, environment?: Record<string, string>][] = [
    [[], 2, /^kdtalker: INVALID_ARGUMENT: Expected NAME for .*packs compile --help'\n$/],
    [
      ['small', '--precision', 'int8'],
      2,
      /^kdtalker: INVALID_ARGUMENT: Expected one of fp32, bf16, fp16, auto for --precision but received 'int8'\n$/,
    ],
    [['smal'], 1, /^kdtalker: PACK_NOT_FOUND: Expected a pack for 'smal' but found neither .*\n$/],
    [
      ['small', '--precision', 'bf16'],
      1,
      /^kdtalker: DEVICE_UNAVAILABLE: Expected a processor with AVX512-BF16 .* has portable\. Use 'fp32'.*\n$/,
      { KDTALKER_ISA: 'portable' },
    ],
    [
      ['small'],
      1,
      /^kdtalker: OUTPUT_UNWRITABLE: Expected a writable output .*KDTALKER_CACHE.*\n$/,
      { KDTALKER_CACHE: join(cwd, 'small/pack.json') },
    ],
  ];
  for (const [args, code, stderr, environment] of cases)
    t.match(await compile(args, environment), { code, stdout: '', stderr }, args.join(' '));
  const told = await compile(['small', '--precision', 'bf16', '--json'], { KDTALKER_ISA: 'portable' });
  t.match(told, { code: 1, stderr: '' });
  t.match(events(told), [{ event: 'error', code: 'DEVICE_UNAVAILABLE', message: /AVX512-BF16/ }]);

  writeFileSync(join(cwd, 'small/renderer.onnx'), 'no network');
  t.match(await compile(['small']), { code: 1, stdout: '', stderr: /^kdtalker: PACK_DAMAGED: .*\n$/ });
  t.throws(() => readdirSync(cache), { code: 'ENOENT' }, 'nothing was kept');
});

t.test('Ctrl-C leaves no half entry', async (t) => {
  const { cache, surroundings, compile } = prepared(t, 8);
  const running = start(['packs', 'compile', 'small', '--json'], surroundings());
  await printed(running, /"stage":"lower"/);
  running.child.kill('SIGINT');
  const ended = await running.ended;
  t.match(ended, { code: 130, signal: null, stderr: '' });
  t.match(events(ended).at(-1), { event: 'error', code: 'ABORTED', message: 'Stopped by SIGINT' });
  t.same(readdirSync(cache), []);
  const { directory } = compiled(await compile(['small', '--json']));
  t.ok(statSync(join(directory, 'manifest.json')).isFile(), 'the next run makes it');
});
