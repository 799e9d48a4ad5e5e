import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Graph, writeModel } from '../dist/packs/onnx/index.js';
import { filled, numbers, openGraph } from './support/graphs.js';

function folder(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'kdtalker-model-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** y = x W + b, [n, 64], with W made when it is written; `made` counts how often. */
function lazyGraph() {
  const made = { times: 0 };
  const g = new Graph('lazy');
  const x = g.input('x', 'float32', ['n', 64]);
  const weight = g.lazy('weight', [64, 64], () => {
    made.times++;
    return Float32Array.from({ length: 4096 }, (_, i) => i % 5);
  });
  const bias = g.lazy('bias', [64], () => Float32Array.from({ length: 64 }, (_, i) => i));
  g.output('y', x.matmul(weight).add(bias), 'float32', ['n', 64]);
  return { g, made };
}

t.test('a model is written tensor by tensor, as toFiles gives it', async (t) => {
  const { g, made } = lazyGraph();
  t.equal(made.times, 0, 'nothing is made before it is written');
  const directory = folder(t);
  const sizes: number[] = [];
  const written = await writeModel(g, directory, 'm.onnx', { onProgress: (bytes) => sizes.push(bytes) });
  t.equal(made.times, 1);
  t.same(sizes, [4 * 4096]);
  t.equal(g.externalBytes(4096), 4 * 4096);
  const [model, data] = g.toFiles('m.onnx', 4096);
  t.ok(readFileSync(join(directory, 'm.onnx')).equals(model!.bytes));
  t.ok(readFileSync(join(directory, 'm.onnx.data')).equals(data!.bytes));
  t.match(written, { file: 'm.onnx', bytes: model!.bytes.length, data: { bytes: data!.bytes.length } });
  const feeds = { x: filled([2, 64], (i) => i) };
  const [whole, files] = [await openGraph(g.toBytes()), await openGraph(join(directory, 'm.onnx'))];
  t.same(numbers((await files(feeds)).y), numbers((await whole(feeds)).y));
});

t.test('every block begins on a page', async (t) => {
  const { g } = lazyGraph();
  const { blocks } = g.layOut('data', 1);
  t.same(
    blocks.map(({ offset, length }) => [offset, length]),
    [
      [0, 16384],
      [16384, 256],
    ],
  );
  const small = await writeModel(g, folder(t), 'm.onnx', { externalFrom: 1 << 20 });
  t.equal(small.data, undefined, 'a small model is one file');
});

t.test('what is written can be stopped, and must have the size it said', async (t) => {
  const stopped = writeModel(lazyGraph().g, folder(t), 'm.onnx', { signal: AbortSignal.abort() });
  await t.rejects(stopped, { code: 'ABORTED' });
  const g = new Graph('short');
  g.output(
    'y',
    g.lazy('w', [3], () => new Float32Array(2)),
    'float32',
    [3],
  );
  t.throws(() => g.toBytes(), /3 elements for constant w but received 2/);
});
