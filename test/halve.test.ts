// The rewriting of float32 graphs for half precision: what computes in it, and that ONNX Runtime takes the result.
import { join } from 'node:path';
import t from 'tap';
import { native } from '../dist/binding.js';
import { halveGraph } from '../dist/packs/lowering/halve.js';
import { DATA_TYPE, EditableGraph, Graph, type Value, writeEdited } from '../dist/packs/onnx/index.js';
import { conv } from './support/layers.js';
import { randoms } from './support/talker.js';

/** The graph after halving, with how often each operator is in it. */
function halve(g: Graph) {
  const graph = EditableGraph.parse(g.toBytes());
  const count = halveGraph(graph);
  const operators: Record<string, number> = {};
  for (const { type } of graph.nodes) operators[type] = (operators[type] ?? 0) + 1;
  return { graph, count, operators };
}

function chain(): Graph {
  const g = new Graph('chain');
  const x = g.input('x', 'float32', [1, 6, 12, 12]);
  const first = conv(g, x, [8, 6, 3, 3], 'a').relu();
  const second = conv(g, first, [8, 8, 3, 3], 'b').add(first);
  g.output(
    'y',
    conv(g, g.concat(1, [second, first]), [4, 16, 3, 3], 'c').sigmoid(),
    'float32',
    [1, 4, 12, 12],
  );
  return g;
}

t.test('convolutions and what lies between them; a cast at each end', async (t) => {
  const { graph, count, operators } = halve(chain());
  t.equal(count, 7);
  t.same(operators, { Cast: 2, Conv: 3, Relu: 1, Add: 1, Concat: 1, Sigmoid: 1 });
  t.ok([...graph.constants.values()].every(({ dataType }) => dataType === DATA_TYPE.float16));
  t.same(
    graph.outputs.map(({ name, type }) => [name, type?.tensorType?.elemType]),
    [['y', DATA_TYPE.float32]],
  );
});

t.test('near the float32 graph, as ONNX Runtime computes both', async (t) => {
  const folder = t.testdir({});
  const g = chain();
  const { graph } = halve(g);
  await writeEdited(EditableGraph.parse(g.toBytes()), folder, 'plain.onnx');
  await writeEdited(graph, folder, 'halved.onnx');
  const random = randoms(1);
  const x = { dims: [1, 6, 12, 12], data: Float32Array.from({ length: 864 }, () => 2 * random() - 1) };
  const results = [];
  for (const file of ['plain.onnx', 'halved.onnx']) {
    const session = await native().openSession(join(folder, file), { threads: 1 });
    t.match([...session.inputs, ...session.outputs], [{ type: 'float32' }, { type: 'float32' }]);
    results.push((await session.run({ x })).y!.data as Float32Array);
    await session.close();
  }
  const [plain, halved] = results as [Float32Array, Float32Array];
  const farthest = Math.max(...plain.map((value, i) => Math.abs(value - halved[i]!)));
  t.ok(farthest > 0 && farthest < 2e-3, `${farthest}`);
});

t.test('what stays in float32: samplings, sums of unlike types, weights that are computed, integers', (t) => {
  const g = new Graph('mixed');
  const x = g.input('x', 'float32', [1, 4, 8, 8]);
  const grid = g.input('grid', 'float32', [1, 8, 8, 2]);
  const y: Value = conv(g, x, [4, 4, 3, 3], 'a');
  const sampled = g.op('GridSample', [y, grid], { align_corners: 0, mode: 'linear', padding_mode: 'zeros' });
  const computed = g.op('Conv', [x, g.input('w', 'float32', [4, 4, 1, 1])], { kernel_shape: [1, 1] });
  g.output('sampled', sampled.add(y), 'float32', [1, 4, 8, 8]);
  g.output('computed', computed, 'float32', [1, 4, 8, 8]);
  const { count, operators, graph } = halve(g);
  t.equal(count, 1);
  t.same(operators, { Cast: 2, Conv: 2, GridSample: 1, Add: 1 });
  t.ok(graph.nodes.some(({ type, inputs }) => type === 'Conv' && inputs[0] === 'x' && inputs[1] === 'w'));
  t.end();
});

t.test('a graph without convolutions is left alone', (t) => {
  const g = new Graph('none');
  g.output('y', g.input('x', 'float32', [4]).relu(), 'float32', [4]);
  t.match(halve(g), { count: 0, operators: { Relu: 1 } });
  t.end();
});
