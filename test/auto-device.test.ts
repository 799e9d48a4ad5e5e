// What device 'auto' takes: the first GPU that can be used and runs the pack, else the processor, with the reason. GPUs are the double of CUDA.
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Talker } from 'kdtalker';
import t from 'tap';
import { Graph } from '../dist/packs/onnx/index.js';
import { events, run, speechFile } from './support/cli.js';
import { CUDA_DOUBLE } from './support/cuda-double.js';
import { fails, setEnvironment } from './support/media.js';
import { loadTalker, portraitFile, speech } from './support/talker.js';

const PUPPET = fileURLToPath(new URL('../dist/built-in/puppet', import.meta.url));
// This process opens the library once, with these settings; looking happens in others, with those of each test.
setEnvironment(t, { KDTALKER_CUDA: CUDA_DOUBLE, KDTALKER_CUDA_DOUBLE: 'devices=2' });

t.test('the first GPU that can be used', async (t) => {
  const talker = await loadTalker(t);
  t.equal(talker.device, 'cuda:0');
  t.equal(talker.deviceNote, undefined);
  setEnvironment(t, { KDTALKER_CUDA_DOUBLE: 'devices=2 fail=cudaMemGetInfo:0:46' });
  t.equal((await loadTalker(t)).device, 'cuda:1', 'the first one is busy');
});

const UNUSABLE: Record<string, RegExp> = {
  'devices=0': /^Expected a GPU/,
  'driver=12020': /received one for 12\.2/,
  'capability=75': /compute capability 8\.0 or newer/,
  'devices=2 memory=900000000': /1 GB of free memory on cuda:0 but it has 0\.9 GB; .*cuda:1/,
  'crash=cudaGetDeviceCount': /looking ended with SIGABRT/,
};

for (const [settings, why] of Object.entries(UNUSABLE))
  t.test(`the processor: ${settings}`, async (t) => {
    setEnvironment(t, { KDTALKER_CUDA_DOUBLE: settings });
    const { device, deviceNote } = await loadTalker(t);
    t.equal(device, 'cpu');
    t.match(deviceNote, why);
  });

t.test('the processor, because of an option, and nobody looks', async (t) => {
  setEnvironment(t, { KDTALKER_CUDA_DOUBLE: 'crash=cudaGetDeviceCount' });
  const plain = await loadTalker(t, { lowering: false });
  t.match(plain, { device: 'cpu', deviceNote: /lowered/ });
  const named = await loadTalker(t, { device: 'cpu' });
  t.match({ ...named }, { device: 'cpu', deviceNote: undefined });
});

t.test('the processor, because a GPU does not run the pack', async (t) => {
  const folder = t.testdir();
  cpSync(PUPPET, folder, { recursive: true });
  const g = new Graph('foreign');
  const picture = g.input('f_s', 'float32', [1, 3, 512, 512]);
  const points = g.input('x_s', 'float32', [1, 21, 3]).add(g.input('x_d', 'float32', [1, 21, 3]));
  g.output(
    'out',
    g.op('Hardmax', [picture]).mul(points.mean([1, 2]).reshape(1, 1, 1, 1)),
    'float32',
    [1, 3, 512, 512],
  );
  const bytes = g.toBytes();
  const manifest = JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8'));
  const { render } = manifest.roles;
  Object.assign(render, { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  delete render.fingerprint;
  delete render.outputs.field;
  writeFileSync(join(folder, render.file), bytes);
  writeFileSync(join(folder, 'pack.json'), JSON.stringify(manifest));
  const talker = await loadTalker(t, {}, folder);
  t.equal(talker.device, 'cpu');
  t.match(talker.deviceNote, /received Hardmax\. /);
});

t.test('looking ends when the caller stops', async (t) => {
  const stop = new AbortController();
  const loading = Talker.load('puppet', { signal: stop.signal });
  stop.abort();
  await fails(t, () => loading, 'ABORTED');
});

t.test('the result of a clip says it once', async (t) => {
  setEnvironment(t, { KDTALKER_CUDA_DOUBLE: 'devices=0' });
  const talker = await loadTalker(t);
  const portrait = await talker.portrait(portraitFile);
  const result = await talker.animate(portrait, speech(2)).save(join(t.testdir(), 'a.mp4'));
  t.match(result, { device: 'cpu', deviceNote: talker.deviceNote });

  const folder = t.testdir();
  const files = [
    '--portrait',
    portraitFile,
    '--speech',
    speechFile(folder, 0.1),
    '--out',
    join(folder, 'a.mp4'),
  ];
  const env = { KDTALKER_CUDA: CUDA_DOUBLE, KDTALKER_CUDA_DOUBLE: 'devices=0' };
  const told = await run(['animate', ...files], { env });
  t.equal(told.stdout.match(/Made on the processor: Expected a GPU/g)?.length, 1);
  const ended = await run(['animate', ...files, '--json'], { env });
  t.match(events(ended).at(-1), { event: 'result', device: 'cpu', deviceNote: /Expected a GPU/ });
  const named = await run(['animate', ...files, '--device', 'cpu', '--json'], { env });
  t.match(events(named).at(-1), { event: 'result', device: 'cpu', deviceNote: undefined });
});
