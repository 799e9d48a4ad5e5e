// Graphs that are split at the samplings that TensorRT lacks: which parts there are, and that together they compute what the graph does.
import t from 'tap';
import { type GraphPart, splitSamplings } from '../dist/packs/lowering/split-samplings.js';
import { EditableGraph, Graph, type Value } from '../dist/packs/onnx/index.js';
import { encodeModel } from '../dist/packs/onnx/proto.js';
import { filled, type HostTensor, openBuilt, openGraph } from './support/graphs.js';
import { randoms } from './support/talker.js';

const VOLUME = [1, 2, 3, 4, 5];
const GRID = [1, 3, 4, 5, 3];

const sampled = (x: Value, grid: Value, attributes = {}) =>
  x.graph.op('GridSample', [x, grid], {
    mode: 'linear',
    padding_mode: 'zeros',
    align_corners: 0,
    ...attributes,
  });

const split = (g: Graph) => splitSamplings(EditableGraph.parse(g.toBytes()));
const typesOf = (parts: GraphPart[] | undefined) =>
  parts?.map(({ graph, sampling }) => [sampling, ...graph.nodes.map(({ type }) => type).sort()]);

/** Two samplings, the second of what the first one gave; a grid that is an output too; a value that all parts use. */
function twice(): Graph {
  const g = new Graph('twice');
  const x = g.input('x', 'float32', VOLUME);
  const shift = g.input('shift', 'float32', GRID);
  const grid = shift.tanh();
  const once = sampled(x.relu(), grid);
  const again = sampled(once.add(x), grid.mul(0.5));
  g.output('grid', grid, 'float32', GRID);
  g.output('y', again.add(once).sigmoid(), 'float32', VOLUME);
  return g;
}

t.test('before, between and behind two samplings', (t) => {
  const parts = split(twice())!;
  t.same(typesOf(parts), [
    [false, 'Mul', 'Relu', 'Tanh'],
    [true, 'GridSample'],
    [false, 'Add'],
    [true, 'GridSample'],
    [false, 'Add', 'Sigmoid'],
  ]);
  const names = ({ graph }: GraphPart) => [
    graph.inputs.map(({ name }) => name),
    graph.outputs.map(({ name }) => name),
  ];
  const [first, sampling, between] = parts.map(names) as [string[][], string[][], string[][]];
  t.same([...first![0]!].sort(), ['shift', 'x']);
  t.ok(first![1]!.includes('grid'), 'an output that later parts read');
  t.ok(sampling![0]!.includes('grid'));
  t.same(between![0]!.includes('x'), true, 'an input of the whole');
  t.equal(parts.at(-1)!.graph.outputs[0]!.name, 'y');
  t.end();
});

t.test('together they compute what the graph does', async (t) => {
  const random = randoms(3);
  const feeds: Record<string, HostTensor> = {
    x: filled(VOLUME, () => 2 * random() - 1),
    shift: filled(GRID, () => 3 * random() - 1.5),
  };
  const expected = await (await openBuilt(twice()))(feeds);
  const known: Record<string, HostTensor> = { ...feeds };
  for (const { graph } of split(twice())!) {
    const constants = await Promise.all(
      [...graph.constants].map(async ([name, { dims, dataType, read }]) => ({
        ...{ name, dims: [...(dims ?? [])], dataType, rawData: await read() },
      })),
    );
    const run = await openGraph(encodeModel(graph.message(constants)));
    const given = Object.fromEntries(graph.inputs.map(({ name }) => [name, known[name]!]));
    Object.assign(known, await run(given));
  }
  for (const name of ['grid', 'y']) t.same(known[name], expected[name], name);
});

t.test('what is not split', (t) => {
  const one = (build: (g: Graph) => void) => {
    const g = new Graph('one');
    build(g);
    return split(g);
  };
  const picture = one((g) => {
    const x = g.input('x', 'float32', [1, 2, 4, 5]);
    g.output('y', sampled(x.relu(), g.input('grid', 'float32', [1, 4, 5, 2])), 'float32', [1, 2, 4, 5]);
  });
  t.equal(picture, undefined, 'pictures, which TensorRT samples');
  const reflected = one((g) => {
    const grid = g.input('grid', 'float32', GRID);
    g.output(
      'y',
      sampled(g.input('x', 'float32', VOLUME), grid, { padding_mode: 'reflection' }),
      'float32',
      VOLUME,
    );
  });
  t.equal(reflected, undefined, 'a border that our kernel has not');
  const unknown = one((g) => {
    const x = g.op('HardSwish', [g.input('x', 'float32', VOLUME)]);
    g.output('y', sampled(x, g.input('grid', 'float32', GRID)), 'float32', VOLUME);
  });
  t.equal(unknown, undefined, 'a value of unknown shape before it');
  const open = one((g) => {
    const x = g.input('x', 'float32', ['n', 2, 3, 4, 5]);
    g.output('y', sampled(x, g.input('grid', 'float32', ['n', 3, 4, 5, 3])), 'float32', ['n', 2, 3, 4, 5]);
  });
  t.equal(open, undefined, 'a length that is not known');
  t.equal(
    one((g) => g.output('y', g.input('x', 'float32', [4]).relu(), 'float32', [4])),
    undefined,
  );
  t.end();
});

t.test('nothing but a sampling is one part', (t) => {
  const g = new Graph('alone');
  const x = g.input('x', 'float32', VOLUME);
  g.output('y', sampled(x, g.constant('grid', new Float32Array(180), GRID)), 'float32', VOLUME);
  t.same(typesOf(split(g)), [[true, 'GridSample']]);
  t.end();
});
