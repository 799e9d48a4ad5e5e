// Operations over blocks of halves, as `precision: 'fp16'` plans them, with lengths that divide by nothing, against ONNX Runtime in float32.
import t, { type Test } from 'tap';
import { lowerGraph } from '../dist/packs/lowering/lower-graph.js';
import { HALF_PASSES } from '../dist/packs/lowering/passes/index.js';
import { planBytes } from '../dist/packs/lowering/plan/format.js';
import { type NetworkPlan, planGraph } from '../dist/packs/lowering/plan/plan.js';
import {
  blended,
  candidateShifts,
  sampledAt,
  stackedCandidates,
} from '../dist/packs/networks/dense-motion.js';
import { doubled } from '../dist/packs/networks/layers.js';
import { EditableGraph, Graph, type Value } from '../dist/packs/onnx/index.js';
import { filled, type HostTensor, numbers, openBuilt } from './support/graphs.js';
import { conv, instanceNorm } from './support/layers.js';
import { DEVICES, runPlan } from './support/plans.js';
import { KEYPOINTS, keypointInputs } from './support/volume.js';

interface Case {
  name: string;
  input: number[];
  /** Others than x. */
  feeds?: Record<string, HostTensor>;
  build(g: Graph, x: Value): Value;
  /** Of the result. */
  dims: number[];
  kinds: string[];
  /** Of the largest value; {@link NEAR} if left out. */
  tolerance?: number;
}

/** A rounding to a half is at most 2^-11 of the value: here those of the input, of weights and of each layer's result. */
const NEAR = 8 * 2 ** -11;

const wave = (dims: number[]) => filled(dims, (i) => Math.sin(1.7 * i) + 0.25 * Math.cos(0.31 * i));

function graphOf({ name, input, build, dims }: Case): Graph {
  const g = new Graph(name);
  g.output('out', build(g, g.input('x', 'float32', input)), 'float32', dims);
  return g;
}

async function halfPlan(built: Graph): Promise<NetworkPlan> {
  const graph = EditableGraph.parse(built.toBytes());
  await lowerGraph(graph, { precision: 'fp16' }, HALF_PASSES);
  return planGraph(graph, { role: 'test', open: 8 });
}

const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function apart(a: HostTensor | undefined, b: HostTensor | undefined): number {
  const [ours, theirs] = [numbers(a), numbers(b)];
  return largest(ours.map((value, i) => value - theirs[i]!)) / largest(theirs);
}

async function check(t: Test, each: Case): Promise<void> {
  const built = graphOf(each);
  const plan = await halfPlan(built);
  t.strictSame(
    plan.operations.map(({ kind }) => kind),
    each.kinds,
    `${each.name}: its operations`,
  );
  const feeds = { x: wave(each.input), ...each.feeds };
  const expected = await (await openBuilt(built))(feeds);
  for (const device of DEVICES) {
    const { out } = await runPlan(t, plan, feeds, device);
    t.strictSame(out!.dims, each.dims, `${each.name} on ${device}: the same lengths`);
    const error = apart(out, expected.out);
    t.ok(error < (each.tolerance ?? NEAR), `${each.name} on ${device}: ${error.toExponential(1)} apart`);
    t.ok(error > 0, `${each.name} on ${device}: rounded to halves`);
  }
}

/** Normalises x, and scales and shifts it as `seg` says. */
function spade(x: Value, seg: Value, channels: number, name: string): Value {
  const g = x.graph;
  const hidden = conv(g, seg, [32, seg === x ? channels : 32, 3, 3], `${name}.hidden`).relu();
  const both = conv(g, hidden, [2 * channels, 32, 3, 3], `${name}.both`);
  const [scale, shift] = g.split(both, 1, [channels, channels]) as [Value, Value];
  return instanceNorm(x, channels).mul(scale).add(shift);
}

const CONVOLUTION = ['toBlocks', 'blockConvolution', 'fromBlocks'];

const CASES: Case[] = [
  {
    name: 'a picture',
    input: [1, 40, 9, 19],
    build: (g, x) => conv(g, x, [24, 40, 3, 3], 'a'),
    dims: [1, 24, 9, 19],
    kinds: CONVOLUTION,
  },
  {
    name: 'an activation and an addition after it',
    input: [1, 24, 9, 5],
    build: (g, x) => g.op('LeakyRelu', [conv(g, x, [24, 24, 3, 3], 'a')], { alpha: 0.2 }).add(x),
    dims: [1, 24, 9, 5],
    kinds: CONVOLUTION,
  },
  {
    name: 'an activation after an addition',
    input: [1, 24, 9, 5],
    build(g, x) {
      const sum = conv(g, x, [24, 24, 3, 3], 'a').relu().add(x);
      return conv(g, g.op('LeakyRelu', [sum], { alpha: 0.2 }), [24, 24, 1, 1], 'b');
    },
    dims: [1, 24, 9, 5],
    kinds: ['toBlocks', 'blockConvolution', 'blockConvolution', 'fromBlocks'],
  },
  {
    name: 'a picture of two by two pixels a cell',
    input: [1, 17, 5, 7],
    build: (g, x) =>
      g.op('DepthToSpace', [conv(g, x, [12, 17, 3, 3], 'a')], { blocksize: 2, mode: 'CRD' }).sigmoid(),
    dims: [1, 3, 10, 14],
    kinds: ['toBlocks', 'blockConvolution', 'blockPicture'],
  },
  {
    name: 'a transposed picture, as wide as a tile',
    input: [1, 5, 17, 136],
    build: (g, x) => conv(g, x.transpose(0, 3, 2, 1), [136, 136, 1, 1], 'a').relu(),
    dims: [1, 136, 17, 5],
    kinds: CONVOLUTION,
  },
  {
    name: 'more channels than a tile, and few of one cell',
    input: [1, 17, 5, 7],
    build: (g, x) => conv(g, conv(g, x, [200, 17, 3, 3], 'a').relu(), [9, 200, 1, 1], 'b'),
    dims: [1, 9, 5, 7],
    kinds: ['toBlocks', 'blockConvolution', 'blockConvolution', 'fromBlocks'],
  },
  {
    // Of thousands of products that cancel out.
    tolerance: 4 * NEAR,
    name: 'volumes of 142 channels and of 60',
    input: [1, 20, 3, 4, 5],
    build: (g, x) => conv(g, conv(g, x, [142, 20, 3, 3, 3], 'a').relu(), [60, 142, 3, 3, 3], 'b'),
    dims: [1, 60, 3, 4, 5],
    kinds: ['toBlocks', 'blockConvolution', 'blockConvolution', 'fromBlocks'],
  },
  {
    tolerance: 4 * NEAR,
    name: 'kernels of 7 cells',
    input: [1, 18, 3, 5, 6],
    build: (g, x) => conv(g, x, [22, 18, 7, 7, 7], 'a'),
    dims: [1, 22, 3, 5, 6],
    kinds: CONVOLUTION,
  },
  {
    name: 'a branch that is pooled, drawn large and joined where it is computed',
    input: [1, 32, 3, 6, 10],
    build(g, x) {
      const fine = conv(g, x, [32, 32, 3, 3, 3], 'a').relu();
      const coarse = g.op('AveragePool', [fine], { kernel_shape: [1, 2, 2], strides: [1, 2, 2] });
      const large = g.op('Resize', [coarse, undefined, g.constant('f', Float32Array.of(1, 1, 1, 2, 2))], {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      });
      const drawn = conv(g, large, [16, 32, 3, 3, 3], 'b');
      return conv(g, g.concat(1, [drawn, fine]), [24, 48, 3, 3, 3], 'c');
    },
    dims: [1, 24, 3, 6, 10],
    kinds: [
      'toBlocks',
      'blockConvolution',
      'blockPool',
      'blockUpConvolution',
      'blockConvolution',
      'fromBlocks',
    ],
  },
  {
    name: 'means of volumes, of few cells in parts, which alone are read',
    input: [1, 32, 3, 12, 20],
    build(g, x) {
      const pooled = (y: Value) =>
        g.op('AveragePool', [y.relu()], { kernel_shape: [1, 2, 2], strides: [1, 2, 2] });
      const first = pooled(conv(g, x, [60, 32, 3, 3, 3], 'a'));
      const second = pooled(conv(g, first, [120, 60, 3, 3, 3], 'b'));
      return conv(g, second, [9, 120, 1, 1, 1], 'c');
    },
    dims: [1, 9, 3, 3, 5],
    kinds: [
      'toBlocks',
      'blockPooledConvolution',
      'blockSums',
      'blockPooledSumsEnd',
      'blockConvolution',
      'fromBlocks',
    ],
    tolerance: 4 * NEAR,
  },
  {
    name: 'a picture drawn four times as large',
    input: [1, 17, 3, 5],
    build: (g, x) => conv(g, doubled(g, doubled(g, x, 4), 4), [40, 17, 3, 3], 'a').relu(),
    dims: [1, 40, 12, 20],
    kinds: ['toBlocks', 'blockConvolution', 'blockNine', 'fromBlocks'],
  },
  {
    name: 'a normalised value that a convolution scales and shifts',
    input: [1, 48, 6, 10],
    build: (g, x) => g.op('LeakyRelu', [spade(x, x, 48, 'a')], { alpha: 0.2 }),
    dims: [1, 48, 6, 10],
    kinds: ['toBlocks', 'blockStatistics', 'blockConvolution', 'blockSpade', 'fromBlocks'],
  },
  {
    name: 'a block that draws larger and has a short cut of its own',
    input: [1, 32, 4, 5],
    build(g, x) {
      const [large, leaky] = [doubled(g, x, 4), (y: Value) => g.op('LeakyRelu', [y], { alpha: 0.2 })];
      const first = conv(g, leaky(spade(large, large, 32, '0')), [16, 32, 3, 3], 'first');
      const second = conv(g, leaky(spade(first, large, 16, '1')), [16, 16, 3, 3], 'second');
      return conv(g, spade(large, large, 32, 's'), [16, 32, 1, 1], 'shortcut').add(second);
    },
    dims: [1, 16, 8, 10],
    kinds: [
      'toBlocks',
      'blockStatistics',
      'blockUpConvolution',
      'blockSpade',
      'blockMeasuredConvolution',
      'blockStatisticsEnd',
      'blockUpConvolution',
      'blockSpade',
      'blockUpConvolution',
      'blockSpade',
      'blockConvolution',
      'blockConvolution',
      'blockConvolution',
      'fromBlocks',
    ],
  },
  {
    name: 'slices of few cells, in parts',
    input: [1, 20, 5, 4, 6],
    build(g, x) {
      const drawn = conv(
        g,
        doubled(g, conv(g, x, [120, 20, 3, 3, 3], 'a').relu(), 5),
        [128, 120, 3, 3, 3],
        'b',
      );
      return conv(g, drawn, [9, 128, 1, 1, 1], 'c');
    },
    dims: [1, 9, 5, 8, 12],
    kinds: [
      'toBlocks',
      'blockSums',
      'blockSumsEnd',
      'blockSums',
      'blockSumsEnd',
      'blockConvolution',
      'fromBlocks',
    ],
    tolerance: 4 * NEAR,
  },
  {
    name: 'heat maps and candidates of a compressed volume',
    input: [1, 20, 4, 6, 6],
    feeds: KEYPOINTS,
    build(g, x) {
      const points = keypointInputs(g);
      const volume = conv(g, x, [4, 20, 1, 1, 1], 'a').relu();
      return stackedCandidates(g, points, candidateShifts(g, points), () => volume, { depth: 4, side: 6 });
    },
    dims: [1, 110, 4, 6, 6],
    kinds: ['toBlocks', 'blockConvolution', 'blockMotionInput', 'fromBlocks'],
  },
  {
    name: 'the field of motion from the mask',
    input: [1, 20, 3, 5, 5],
    feeds: KEYPOINTS,
    build(g, x) {
      const mask = conv(g, x, [22, 20, 7, 7, 7], 'a').softmax(1);
      return blended(g, mask, candidateShifts(g, keypointInputs(g)), { depth: 3, side: 5 });
    },
    dims: [1, 3, 5, 5, 3],
    kinds: ['toBlocks', 'blockMaskMotion'],
    tolerance: 4 * NEAR,
  },
  {
    name: 'a volume sampled where it says, and a picture masked by another volume',
    input: [1, 20, 3, 6, 7],
    build(g, x) {
      const places = conv(g, x, [3, 20, 1, 1, 1], 'a').transpose(0, 2, 3, 4, 1);
      const sampled = sampledAt(x, places).reshape(1, 60, 6, 7);
      const seen = conv(g, x.reshape(1, 60, 6, 7), [1, 60, 7, 7], 'b').sigmoid();
      return conv(g, sampled, [24, 60, 3, 3], 'c').mul(seen);
    },
    dims: [1, 24, 6, 7],
    kinds: [
      'toBlocks',
      'blockConvolution',
      'fromBlocks',
      'blockSums',
      'blockOcclusion',
      'copy',
      'blockSample',
      'blockConvolution',
      'blockMasked',
      'fromBlocks',
    ],
    tolerance: 4 * NEAR,
  },
  {
    name: 'a value that is joined twice is copied once',
    input: [1, 16, 4, 6],
    build(g, x) {
      const [a, b] = [conv(g, x, [16, 16, 3, 3], 'a'), conv(g, x, [16, 16, 3, 3], 'b')];
      const first = conv(g, g.concat(1, [a, b]), [16, 32, 1, 1], 'c');
      return conv(g, g.concat(1, [first, a]), [16, 32, 1, 1], 'd');
    },
    dims: [1, 16, 4, 6],
    kinds: [
      'toBlocks',
      'blockConvolution',
      'blockConvolution',
      'copyHalves',
      'blockConvolution',
      'blockConvolution',
      'fromBlocks',
    ],
  },
];

t.test('layers in halves', async (t) => {
  for (const each of CASES) await check(t, each);
});

t.test('a plan in halves is the same every time, and has every weight in one form', async (t) => {
  const built = graphOf(CASES[0]!);
  const [plan, again] = [await halfPlan(built), await halfPlan(built)];
  t.strictSame(planBytes(plan), planBytes(again));
  const [tensors, others] = [plan, again].map(({ weights }) => [...weights.tensors.entries()]);
  t.strictSame(
    tensors!.map(([name, { bytes }]) => [name, bytes]),
    [
      ['a.w:24-40-1-3-2-1-0', 2 * 9 * 3 * 2 * 256],
      ['a.b:lanes', 4 * 32],
    ],
  );
  for (const [i, [name, tensor]] of tensors!.entries())
    t.strictSame(await tensor.read(), await others![i]![1].read(), name);
});
