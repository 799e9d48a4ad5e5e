// The condition of a stream's denoiser, made row by row as frames are heard: tests of what is left out where it is known.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Talker } from 'kdtalker';
import t, { type Test } from 'tap';
import { native } from '../dist/binding.js';
import { isRowWise } from '../dist/packs/lowering/row-wise.js';
import { nativeTalkerOptions } from '../dist/packs/native-options.js';
import { EditableGraph, Graph, type Value } from '../dist/packs/onnx/index.js';
import { readPack } from '../dist/packs/pack.js';
import { takeCudaDouble } from './support/cuda-double.js';
import { fullPack } from './support/full-pack.js';
import { setEnvironment } from './support/media.js';
import { relativeDifference, temporaryFolder } from './support/networks.js';
import { pcm } from './support/streams.js';
import { loadTalker, portraitFile } from './support/talker.js';

takeCudaDouble();
const folder = temporaryFolder(t);
setEnvironment(t, { KDTALKER_CACHE: join(folder, 'cache') });
const WINDOW = 12;
const pack = await fullPack(join(folder, 'pack'), { window: WINDOW });
const options = { seed: 5n, hop: 3, ahead: 2, steps: 2 };

/** A talker of which the condition is made for whole windows, or row by row. */
async function talkerWith(t: Test, conditionRows: boolean): Promise<Talker> {
  const read = await readPack(pack);
  const native_ = nativeTalkerOptions(read, { device: 'cpu', threads: 1, conditionRows });
  const handle = await native().openTalker(native_);
  const construct = Talker as unknown as new (...given: unknown[]) => Talker;
  const talker = new construct({ pack: read, handle, threads: 1, precision: 'fp32', plans: undefined });
  t.teardown(() => talker.close());
  return talker;
}

/** The raw motion of speech that an interruption cuts. */
async function motionOf(talker: Talker, frames = 60): Promise<Float32Array> {
  const stream = talker.stream(await talker.portrait(portraitFile), options);
  await stream.write(pcm(frames));
  stream.end();
  const { values } = await stream.rawMotion();
  await stream.close();
  return values;
}

t.test('rows that were made before are those of whole windows, on every device', async (t) => {
  const windows = await motionOf(await talkerWith(t, false));
  const rows = await motionOf(await talkerWith(t, true));
  t.equal(rows.length, windows.length);
  const apart = relativeDifference(rows, windows);
  t.comment(`row by row: ${apart}`);
  t.ok(apart < 1e-5, `${apart}`);
  t.same(await motionOf(await loadTalker(t, { device: 'cpu', lowering: false, threads: 1 }, pack)), rows);
  const guarded = await motionOf(await loadTalker(t, { device: 'guarded', threads: 1 }, pack));
  const lowered = await motionOf(await loadTalker(t, { device: 'cpu', threads: 1 }, pack));
  t.same(guarded, lowered, 'guarded');
  t.ok(relativeDifference(lowered, windows) < 1e-4, 'lowered');
  const short = await motionOf(await talkerWith(t, false), 20);
  const gpu = await motionOf(await loadTalker(t, { device: 'cuda:0' }, pack), 20);
  t.ok(relativeDifference(gpu, short) < 1e-4, `cuda:0: ${relativeDifference(gpu, short)}`);
});

/** Hops of the speech that was written before the interruption. */
const HOPS = 11;

/** Frames behind an interruption that takes back eight hops. */
async function interrupted(talker: Talker): Promise<Buffer> {
  const stream = talker.stream(await talker.portrait(portraitFile), options);
  await stream.write(pcm(40));
  const frames = stream[Symbol.asyncIterator]();
  for (let i = 0; i < 9; i++) await frames.next();
  while (talker.stages().audio.laps < HOPS) await setTimeout(5); // what is sampled by then is known
  const { frame } = await stream.interrupt();
  const writing = stream.write(pcm(20, 60)).then(() => stream.end());
  const bytes = [Buffer.from([frame])];
  for (let next = await frames.next(); !next.done; next = await frames.next())
    bytes.push(Buffer.from(next.value.data));
  await writing;
  return Buffer.concat(bytes);
}

t.test('behind an interruption they are those of whole windows, too', async (t) => {
  const windows = await interrupted(await talkerWith(t, false));
  t.ok(windows.equals(await interrupted(await talkerWith(t, true))));
});

t.test('which networks make rows one by one', async (t) => {
  const check = async (name: string, make: (g: Graph, audio: Value) => Value) => {
    const g = new Graph(name);
    const audio = g.input('audio', 'float32', [1, 'n', 4]);
    g.output('condition', make(g, audio), 'float32', [1, 'n', 4]);
    const file = join(folder, `${name}.onnx`);
    writeFileSync(file, g.toBytes());
    return isRowWise(await EditableGraph.open(file), 'audio', 'condition');
  };
  const matrix = (g: Graph, dims: number[]) =>
    g.constant(
      'm',
      Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i),
      dims,
    );
  t.ok(await check('product', (g, audio) => audio.mul(audio.sigmoid()).matmul(matrix(g, [4, 4]))));
  t.ok(await check('bias', (g, audio) => audio.add(matrix(g, [1, 4])).add(matrix(g, [4]))));
  t.notOk(await check('rows', (g, audio) => audio.add(matrix(g, [3, 4]))), 'a constant for each row');
  t.notOk(await check('turned', (g, audio) => matrix(g, [4, 4]).matmul(audio)), 'a product of rows');
  t.notOk(
    await check('mixed', (g, audio) => audio.add(g.op('ReduceMean', [audio], { axes: [1], keepdims: 1 }))),
    'a mean over rows',
  );
  const own = await readPack(pack);
  const { inputs, outputs } = own.manifest.roles.condition!;
  t.ok(isRowWise(await EditableGraph.open(own.file('condition')), inputs.audio, outputs.condition));
});
