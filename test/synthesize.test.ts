import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { native } from '../dist/binding.js';
import { NETWORKS } from '../dist/packs/kdtalker/networks.js';
import { synthesizePack } from '../dist/packs/kdtalker/synthesize.js';
import type { PackProgress } from '../dist/packs/kdtalker/write.js';
import { writeModel } from '../dist/packs/onnx/index.js';
import { readPack } from '../dist/packs/pack.js';
import { verifyGraphs } from '../dist/packs/verify.js';
import { formulaWeights } from '../dist/packs/weights/formula.js';
import { GRAPH_FILES, GRAPHS, hashOf, temporaryFolder } from './support/networks.js';

t.test('a whole pack by formula', async (t) => {
  const folder = temporaryFolder(t);
  const directory = join(folder, 'pack');
  const progress: PackProgress[] = [];
  const manifest = await synthesizePack({
    salt: 'golden',
    directory,
    fingerprint: false,
    onProgress: (at) => progress.push(at),
  });
  // The graphs' weights are 700 MB; this is the peak of the whole process, the test runner included.
  t.ok(process.resourceUsage().maxRSS < 1_000_000, 'a few tensors at a time are in memory');
  t.same(readdirSync(folder), ['pack'], 'nothing is left beside it');

  await t.test('is valid and whole', async (t) => {
    const pack = await readPack(directory);
    t.same(pack.manifest, manifest);
    t.equal((await verifyGraphs(pack)).length, 11);
    t.same(readdirSync(directory).sort(), [...GRAPH_FILES, 'pack.json'].sort());
    t.match(manifest, {
      crop: { default: 'kdtalker', size: 256 },
      sampler: { steps: 50, fixedWindow: false },
    });
  });

  await t.test('tells how far it is', async (t) => {
    const done = progress.map((at) => at.done);
    t.same(
      done,
      [...done].sort((a, b) => a - b),
    );
    const { total } = progress[0]!;
    t.equal(done.at(-1), total);
    const bytes = GRAPHS.reduce((sum, name) => sum + statSync(join(directory, `${name}.onnx.data`)).size, 0);
    t.ok(bytes - total >= 0 && bytes - total < 300 * 4096, 'all but what fills up pages');
  });

  await t.test('every graph opens in the engine', async (t) => {
    for (const name of GRAPHS) {
      const session = await native().openSession(join(directory, `${name}.onnx`), { threads: 1 });
      t.ok(session.outputs.length, name);
      await session.close();
    }
  });

  await t.test('the same salt gives the same bytes, another salt others', async (t) => {
    const write = (salt: string) =>
      writeModel(NETWORKS.audio(formulaWeights(salt)), temporaryFolder(t), 'audio.onnx');
    const again = await write('golden');
    t.equal(hashOf(join(directory, 'audio.onnx')), again.sha256);
    t.equal(hashOf(join(directory, 'audio.onnx.data')), again.data?.sha256);
    t.not((await write('other')).data?.sha256, again.data?.sha256);
  });

  await t.test('a folder that is not empty is left alone', async (t) => {
    await t.rejects(synthesizePack({ salt: 'x', directory }), { code: 'INVALID_ARGUMENT' });
    t.same((await readPack(directory)).manifest, manifest);
  });
});

t.test('an aborted pack leaves nothing', async (t) => {
  const folder = temporaryFolder(t);
  const stop = new AbortController();
  const writing = synthesizePack({
    salt: 'x',
    directory: join(folder, 'pack'),
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  await t.rejects(writing, { code: 'ABORTED', name: 'AbortError' });
  t.same(readdirSync(folder), []);
});

t.test('where nothing can be written, the error says so', async (t) => {
  const file = join(temporaryFolder(t), 'file');
  writeFileSync(file, '');
  await t.rejects(synthesizePack({ salt: 'x', directory: join(file, 'pack') }), {
    code: 'OUTPUT_UNWRITABLE',
  });
});

t.test('wrong arguments', async (t) => {
  await t.rejects(synthesizePack({ salt: 1 as never, directory: 'x' }), { code: 'INVALID_ARGUMENT' });
  await t.rejects(synthesizePack({ salt: 'x', directory: '' }), { code: 'INVALID_ARGUMENT' });
});
