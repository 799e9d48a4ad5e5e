import { join } from 'node:path';
import t, { type Test } from 'tap';
import { native } from '../dist/binding.js';
import { NETWORKS } from '../dist/packs/kdtalker/networks.js';
import { lowerGraph } from '../dist/packs/lowering/lower-graph.js';
import type { CpuPrecision } from '../dist/packs/lowering/precision.js';
import { attention, positionsOf } from '../dist/packs/networks/attention.js';
import { EditableGraph, Graph, type Value, writeEdited, writeModel } from '../dist/packs/onnx/index.js';
import { formulaWeights } from '../dist/packs/weights/formula.js';
import { filled, type HostTensor, numbers, openBuilt } from './support/graphs.js';
import { operatorsOf } from './support/lowered.js';
import { GOLDEN_SALT, near, temporaryFolder } from './support/networks.js';

const WIDTH = 768;
const CONDITION = 12 * 2 * WIDTH;

type Feeds = Record<string, HostTensor>;

/** Writes a graph, lowers it with the engine's own weights, and opens both in the engine. */
async function plainAndLowered(t: Test, built: Graph, precision: CpuPrecision) {
  const folder = temporaryFolder(t);
  await writeModel(built, folder, 'plain.onnx');
  const graph = await EditableGraph.open(join(folder, 'plain.onnx'));
  const found = await lowerGraph(graph, { precision, layOutWeights: native().layOutWeights });
  await writeEdited(graph, folder, 'lowered.onnx');
  const open = async (name: string) => {
    const session = await native().openSession(join(folder, name), { threads: 2 });
    t.teardown(() => session.close());
    return (feeds: Feeds) => session.run(feeds);
  };
  return { found, graph, plain: await open('plain.onnx'), lowered: await open('lowered.onnx') };
}

const wave = (dims: number[], scale: number, pace: number) => filled(dims, (i) => scale * Math.sin(pace * i));

function denoiserFeeds(frames: number): Feeds {
  return {
    x_t: wave([1, frames, 70], 1, 1.1),
    condition: wave([1, frames, CONDITION], 0.5, 0.7),
    time: wave([1, CONDITION], 0.5, 1.3),
    ori_kps: wave([1, 70], 1, 0.9),
    ref: wave([1, 70], 1, 1.7),
  };
}

const PRECISIONS: [CpuPrecision, number][] = [
  ['fp32', 1e-5],
  ['bf16', 2e-2],
];

for (const [precision, tolerance] of PRECISIONS) {
  t.test(`the denoiser is one operator that gives what the plain graph gives: ${precision}`, async (t) => {
    if (precision === 'bf16' && !native().cpuFeatures().bf16) return t.pass('no AVX512-BF16 here');
    const built = NETWORKS.denoiser(formulaWeights(GOLDEN_SALT));
    const { found, graph, plain, lowered } = await plainAndLowered(t, built, precision);
    t.match(Object.fromEntries(found), { 'token-residual': 12, 'token-attention': 6 });
    t.strictSame(operatorsOf(graph), { Unsqueeze: 2, Concat: 1, 'kdtalker:TokenLayers': 1, Slice: 1 });
    for (const frames of [1, 17, 64, 100]) {
      const feeds = denoiserFeeds(frames);
      const [expected, { eps }] = [await plain(feeds), await lowered(feeds)];
      t.same(eps!.dims, [1, frames, 70]);
      near(t, numbers(eps), numbers(expected.eps), tolerance, `${precision}, ${frames} frames`);
    }
  });
}

/** Weights of the denoiser's layer 0. */
const build = (g: Graph) => ({
  g,
  weights: {
    floats: (key: string, dims: readonly number[]) =>
      formulaWeights(GOLDEN_SALT).kdtalker.floats(`point_model.model.${key}`, dims),
  },
});

/** Two attention layers; `between` may use what is between them. */
function twoLayers(between: (g: Graph, x: Value) => Value): Graph {
  const g = new Graph('two');
  const b = build(g);
  const x = g.input('x', 'float32', [1, 'm', WIDTH]);
  const positions = positionsOf(b, x);
  const middle = between(g, attention(b, 'layers.0.2.fn', x, positions));
  g.output('y', attention(b, 'layers.1.2.fn', middle, positions), 'float32', [1, 'm', WIDTH]);
  return g;
}

t.test('layers are joined where nothing else uses what is between them', async (t) => {
  const cases: [string, (g: Graph, x: Value) => Value, number, Record<string, number>][] = [
    ['neighbours', (_, x) => x, 2, { 'kdtalker:TokenLayers': 1 }],
    [
      'an output between',
      (g, x) => {
        g.output('middle', x, 'float32', [1, 'm', WIDTH]);
        return x;
      },
      2,
      { 'kdtalker:TokenLayers': 2 },
    ],
  ];
  for (const [name, between, layers, operators] of cases) {
    const { found, graph, plain, lowered } = await plainAndLowered(t, twoLayers(between), 'fp32');
    t.equal(found.get('token-attention'), layers, name);
    t.strictSame(operatorsOf(graph), operators, name);
    const feeds = { x: wave([1, 9, WIDTH], 1, 0.3) };
    const expected = await plain(feeds);
    for (const [output, { data }] of Object.entries(await lowered(feeds)))
      near(t, data as Float32Array, numbers(expected[output]), 1e-5, `${name}: ${output}`);
  }
});

t.test('what only looks like it is left as it is', async (t) => {
  // Between the layers is what a pass knows nothing of, so that it may have another number of tokens.
  const { found, graph, plain, lowered } = await plainAndLowered(
    t,
    twoLayers((_, x) => x.mul(2)),
    'fp32',
  );
  t.equal(found.get('token-attention'), 1, 'of an unknown number of tokens');
  t.ok(operatorsOf(graph).Softmax, 'the other attends as before');
  const feeds = { x: wave([1, 6, WIDTH], 1, 0.3) };
  near(t, numbers((await lowered(feeds)).y), numbers((await plain(feeds)).y), 1e-5, 'the same numbers');
});

t.test('the stock runtime agrees with the engine on the plain graph', async (t) => {
  const built = twoLayers((_, x) => x);
  const feeds = { x: wave([1, 5, WIDTH], 1, 0.3) };
  const { lowered } = await plainAndLowered(t, built, 'fp32');
  const expected = await (await openBuilt(built))(feeds);
  near(t, numbers((await lowered(feeds)).y), numbers(expected.y), 1e-5, 'two layers');
});
