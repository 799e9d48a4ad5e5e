// Every kind of operation of a plan, on graphs with lengths that divide by nothing, against ONNX Runtime.
import t from 'tap';
import { Graph, type Value } from '../dist/packs/onnx/index.js';
import { checkPlanned, constant, type PlannedCase, wave } from './support/planned-case.js';
import { plannedAsRuntime } from './support/plans.js';

const pads = (n: number, axes: number) => new Array<number>(2 * axes).fill(n);

const VIEWS: PlannedCase[] = [
  {
    name: 'a transposed, reshaped and cut tensor is read where it lies',
    inputs: { x: [3, 5, 7] },
    build: (_, { x }) => x!.transpose(2, 0, 1).slice(0, 1, 6, 2).unsqueeze(0).squeeze(0).neg(),
    dims: [3, 3, 5],
    kinds: ['map'],
  },
  {
    name: 'a reshape of a transposed tensor is a copy',
    inputs: { x: [3, 5, 7] },
    build: (_, { x }) => x!.transpose(2, 0, 1).reshape(7, 15),
    dims: [7, 15],
    kinds: ['copy'],
  },
  {
    name: 'a slice backwards',
    inputs: { x: [2, 9] },
    build: (g, { x }) => g.op('Slice', [x, g.ints([-1]), g.ints([-10]), g.ints([1]), g.ints([-2])]),
    dims: [2, 5],
    kinds: ['copy'],
  },
  {
    name: 'parts of a split, joined in another order where they are computed',
    inputs: { x: [2, 9, 3] },
    build: (g, { x }) => {
      const [a, b, c] = g.split(x!, 1, [2, 3, 4]) as [Value, Value, Value];
      return g.concat(1, [c.exp(), a.sin(), b]);
    },
    dims: [2, 9, 3],
    kinds: ['map', 'map', 'copy'],
  },
  {
    name: 'a join of joins, each part once',
    inputs: { x: [2, 3], y: [2, 4] },
    build: (g, { x, y }) => g.concat(1, [g.concat(1, [x!.exp(), y!.neg()]), x!.abs()]),
    dims: [2, 10],
    kinds: ['map', 'map', 'map'],
  },
  {
    name: 'a value that is part of two joins is written into one and copied to the other',
    inputs: { x: [2, 3] },
    build(g, { x }) {
      const a = x!.exp();
      const first = g.concat(1, [a, x!.neg()]);
      return g.concat(1, [first.sin(), a]);
    },
    dims: [2, 9],
    kinds: ['map', 'copy', 'map', 'map'],
  },
  {
    name: 'an expanded tensor is repeated by strides',
    inputs: { x: [3, 1, 5] },
    build: (g, { x }) => g.op('Expand', [x, g.ints([2, 3, 4, 5])]).neg(),
    dims: [2, 3, 4, 5],
    kinds: ['map'],
  },
  {
    name: 'padding of two axes',
    inputs: { x: [2, 3, 5] },
    build: (g, { x }) => g.op('Pad', [x, g.ints([0, 1, 2, 0, 0, 3]), g.scalar(0.5)]),
    dims: [2, 4, 10],
    kinds: ['fill', 'fill', 'fill', 'copy'],
  },
  {
    name: 'depth to space',
    inputs: { x: [1, 12, 3, 5] },
    build: (g, { x }) => g.op('DepthToSpace', [x], { blocksize: 2, mode: 'CRD' }),
    dims: [1, 3, 6, 10],
    kinds: ['copy'],
  },
  {
    name: 'depth to space, the other order',
    inputs: { x: [1, 12, 3, 5] },
    build: (g, { x }) => g.op('DepthToSpace', [x], { blocksize: 2 }),
    dims: [1, 3, 6, 10],
  },
];

const ELEMENTWISE: PlannedCase[] = [
  {
    name: 'a chain with repeated operands is one kernel',
    inputs: { x: [2, 5, 7], y: [5, 1], z: [7] },
    build: (_, { x, y, z }) => x!.add(y!).mul(z!).sub(0.5).tanh().abs().clip(0.1, 0.9).sqrt(),
    dims: [2, 5, 7],
    kinds: ['map'],
  },
  {
    name: 'nine steps are two kernels',
    inputs: { x: [5, 7] },
    build: (_, { x }) => {
      let y = x!;
      for (let i = 0; i < 9; i++) y = y.mul(1.01).add(0.01);
      return y;
    },
    dims: [5, 7],
    kinds: ['map', 'map', 'map'],
  },
  {
    name: 'an operand before the value',
    inputs: { x: [5, 7], y: [5, 7] },
    build: (g, { x, y }) => g.scalar(2).sub(y!.sub(x!.exp())).div(3),
    dims: [5, 7],
    kinds: ['map'],
  },
  {
    name: 'a value that two need is computed once',
    inputs: { x: [5, 7] },
    build: (_, { x }) => {
      const y = x!.exp();
      return y.mul(y).add(y);
    },
    dims: [5, 7],
    kinds: ['map', 'map'],
  },
  {
    name: 'a value that grows is not computed again for its copies',
    inputs: { x: [7], y: [5, 7] },
    build: (_, { x, y }) => x!.exp().mul(y!),
    dims: [5, 7],
    kinds: ['map', 'map'],
  },
  {
    name: 'all other operators of one input',
    inputs: { x: [4, 9] },
    build: (g, { x }) => g.op('Gelu', [g.op('LeakyRelu', [x!.sin().cos()], { alpha: 0.2 }).relu().sigmoid()]),
    dims: [4, 9],
  },
  {
    name: 'slopes of channels below zero',
    inputs: { x: [2, 3, 4, 5] },
    build: (g, { x }) => g.op('PRelu', [x!.mul(2), constant(g, 'slopes', [3, 1, 1])]),
    dims: [2, 3, 4, 5],
    kinds: ['map', 'map', 'map'],
  },
  {
    name: 'known statistics of channels',
    inputs: { x: [2, 3, 4, 5] },
    build: (g, { x }) => {
      const spread = g.constant('spread', Float32Array.of(0.5, 2, 0.01), [3]);
      const rest = [constant(g, 'scale', [3]), constant(g, 'shift', [3], 2), constant(g, 'mean', [3], 4)];
      return g.op('BatchNormalization', [x!.sin(), ...rest, spread], { epsilon: 1e-3 });
    },
    dims: [2, 3, 4, 5],
    kinds: ['map'],
  },
  {
    name: 'powers, least and largest',
    inputs: { x: [4, 9], y: [4, 9], z: [4, 9] },
    build: (_, { x, y, z }) => x!.abs().pow(1.4).min(y!, z!).max(-0.2).pow(2),
    dims: [4, 9],
  },
  {
    name: 'the largest of twenty, in kernels of eight steps',
    inputs: { x: [5, 3], y: [5, 1] },
    build: (g, { x, y }) =>
      g.op('Max', [x!, ...Array.from({ length: 19 }, (_, i) => (i % 2 ? y! : constant(g, `c${i}`, [3], i)))]),
    dims: [5, 3],
    kinds: ['map', 'map', 'map'],
  },
];

const ROWS: PlannedCase[] = [
  ...(['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceL2'] as const).map((type) => ({
    name: `${type} over the outer axes`,
    inputs: { x: [3, 5, 7] },
    build: (g: Graph, { x }: Record<string, Value>) => g.op(type, [x, g.ints([0, -1])], { keepdims: 0 }),
    dims: [5],
    kinds: ['reduce'],
  })),
  {
    name: 'a mean with its axes kept',
    inputs: { x: [3, 5, 7] },
    build: (_, { x }) => x!.transpose(1, 0, 2).mean([1]),
    dims: [5, 1, 7],
    kinds: ['reduce'],
  },
  {
    name: 'softmax along a middle axis',
    inputs: { x: [3, 5, 7] },
    build: (_, { x }) => x!.mul(9).softmax(1),
    dims: [3, 5, 7],
    kinds: ['map', 'softmax'],
  },
  {
    name: 'layer normalisation of a transposed tensor',
    inputs: { x: [3, 11, 7] },
    build: (g, { x }) =>
      g.op(
        'LayerNormalization',
        [x!.transpose(0, 2, 1), constant(g, 'scale', [11]), constant(g, 'shift', [11], 2)],
        {
          axis: -1,
          epsilon: 1e-6,
        },
      ),
    dims: [3, 7, 11],
    kinds: ['normaliseRows'],
  },
  {
    name: 'instance normalisation',
    inputs: { x: [2, 3, 5, 7] },
    build: (g, { x }) =>
      g.op('InstanceNormalization', [x, constant(g, 'scale', [3]), constant(g, 'shift', [3], 2)], {
        epsilon: 1e-5,
      }),
    dims: [2, 3, 5, 7],
    kinds: ['normaliseRows'],
  },
];

const conv = (g: Graph, x: Value, dims: number[], attributes: Record<string, number | number[]> = {}) =>
  g.op('Conv', [x, constant(g, 'w', dims), constant(g, 'b', [dims[0]!], 3)], {
    kernel_shape: dims.slice(2),
    ...attributes,
  });

const WINDOWS: PlannedCase[] = [
  {
    name: 'a convolution on one axis',
    inputs: { x: [2, 3, 17] },
    build: (g, { x }) => conv(g, x!, [4, 3, 5], { pads: pads(2, 1) }),
    dims: [2, 4, 17],
    kinds: ['convolution'],
  },
  {
    name: 'a convolution with stride, dilation and uneven pads',
    inputs: { x: [1, 3, 13, 11] },
    build: (g, { x }) =>
      conv(g, x!, [4, 3, 3, 3], { strides: [3, 2], dilations: [2, 1], pads: [1, 0, 2, 1] }),
    dims: [1, 4, 4, 5],
    kinds: ['convolution'],
  },
  {
    name: 'a convolution in groups of a transposed tensor',
    inputs: { x: [1, 9, 7, 6] },
    build: (g, { x }) => conv(g, x!.transpose(0, 3, 1, 2), [6, 1, 7, 7], { group: 6, pads: pads(3, 2) }),
    dims: [1, 6, 9, 7],
    kinds: ['convolution'],
  },
  {
    name: 'a convolution on three axes without bias',
    inputs: { x: [1, 5, 4, 7, 5] },
    build: (g, { x }) =>
      g.op('Conv', [x, constant(g, 'w', [3, 5, 3, 3, 3])], { kernel_shape: [3, 3, 3], pads: pads(1, 3) }),
    dims: [1, 3, 4, 7, 5],
    kinds: ['convolution'],
  },
  {
    name: 'mean pooling on three axes',
    inputs: { x: [1, 3, 4, 7, 6] },
    build: (g, { x }) => g.op('AveragePool', [x], { kernel_shape: [1, 2, 2], strides: [1, 2, 2] }),
    dims: [1, 3, 4, 3, 3],
    kinds: ['pool'],
  },
  {
    name: 'mean pooling that counts its padding',
    inputs: { x: [1, 3, 7, 6] },
    build: (g, { x }) =>
      g.op('AveragePool', [x], {
        kernel_shape: [3, 3],
        strides: [2, 2],
        pads: pads(1, 2),
        count_include_pad: 1,
      }),
    dims: [1, 3, 4, 3],
  },
  {
    name: 'mean pooling that does not',
    inputs: { x: [1, 3, 7, 6] },
    build: (g, { x }) =>
      g.op('AveragePool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: pads(1, 2) }),
    dims: [1, 3, 4, 3],
  },
  {
    name: 'largest pooling that rounds its lengths up',
    inputs: { x: [1, 3, 7, 5] },
    build: (g, { x }) => g.op('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
    dims: [1, 3, 4, 3],
    kinds: ['pool'],
  },
  {
    name: 'mean pooling that rounds its lengths up, with pads',
    inputs: { x: [1, 3, 8, 9] },
    build: (g, { x }) =>
      g.op('AveragePool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: pads(1, 2), ceil_mode: 1 }),
    dims: [1, 3, 5, 5],
    kinds: ['pool'],
  },
  {
    name: 'largest pooling',
    inputs: { x: [1, 3, 7, 6] },
    build: (g, { x }) => g.op('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: pads(1, 2) }),
    dims: [1, 3, 4, 3],
  },
];

const resized = (name: string, to: number[], attributes: Record<string, string>): PlannedCase => ({
  name: `resizing, ${name}`,
  inputs: { x: [1, 2, 5, 7] },
  build: (g, { x }) => g.op('Resize', [x, undefined, undefined, g.ints([1, 2, ...to])], attributes),
  dims: [1, 2, ...to],
  kinds: ['resize'],
});

const linear = { mode: 'linear' };
const RESIZES: PlannedCase[] = [
  resized('larger', [11, 13], { ...linear, coordinate_transformation_mode: 'half_pixel' }),
  resized('smaller', [3, 4], { ...linear, coordinate_transformation_mode: 'half_pixel' }),
  resized('corners kept', [9, 4], { ...linear, coordinate_transformation_mode: 'align_corners' }),
  resized('to one row', [1, 9], { ...linear, coordinate_transformation_mode: 'pytorch_half_pixel' }),
  resized('nearest below', [10, 14], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  }),
  resized('nearest', [8, 9], { mode: 'nearest' }),
  {
    name: 'resizing of two of three axes, by factors',
    inputs: { x: [1, 2, 3, 4, 5] },
    build: (g, { x }) =>
      g.op('Resize', [x, undefined, g.constant('f', Float32Array.of(1, 1, 1, 2, 2))], {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      }),
    dims: [1, 2, 3, 8, 10],
  },
];

/** Positions beyond the border too. */
const sampled = (
  name: string,
  input: number[],
  output: number[],
  attributes: Record<string, string | number>,
): PlannedCase => ({
  name: `sampling, ${name}`,
  inputs: { x: input, at: output },
  build: (g, { x, at }) => g.op('GridSample', [x, at!.mul(1.1)], attributes),
  dims: [input[0]!, input[1]!, ...output.slice(1, -1)],
  kinds: ['map', 'sample'],
});

const SAMPLES: PlannedCase[] = [
  sampled('zeros outside', [2, 3, 7, 5], [2, 4, 6, 2], { mode: 'linear', padding_mode: 'zeros' }),
  sampled('the border outside', [1, 3, 7, 5], [1, 4, 6, 2], { mode: 'linear', padding_mode: 'border' }),
  sampled('corners in the middle', [1, 3, 7, 5], [1, 4, 6, 2], { mode: 'linear', align_corners: 1 }),
  sampled('nearest', [1, 3, 7, 5], [1, 4, 6, 2], { mode: 'nearest' }),
  sampled('a volume', [1, 3, 4, 7, 5], [1, 3, 4, 6, 3], { mode: 'linear', padding_mode: 'zeros' }),
];

const GATHERS: PlannedCase[] = [
  {
    name: 'elements equally far apart are a view',
    inputs: { x: [3, 8, 5] },
    build: (_, { x }) => x!.gather(1, [1, 3, 5]).neg(),
    dims: [3, 3, 5],
    kinds: ['map'],
  },
  {
    name: 'elements by a table',
    inputs: { x: [3, 8, 5] },
    build: (_, { x }) => x!.gather(1, [0, 0, 6, 1]),
    dims: [3, 4, 5],
    kinds: ['gather'],
  },
  {
    name: 'one element of an axis',
    inputs: { x: [3, 8, 5] },
    build: (_, { x }) => x!.gather(1, 6).neg(),
    dims: [3, 5],
    kinds: ['map'],
  },
];

const GROUPS = { VIEWS, ELEMENTWISE, ROWS, WINDOWS, RESIZES, SAMPLES, GATHERS };
for (const [group, cases] of Object.entries(GROUPS))
  t.test(group.toLowerCase(), async (t) => {
    for (const each of cases) await checkPlanned(t, each);
  });

t.test('whole numbers', async (t) => {
  const g = new Graph('whole numbers');
  const at = g.input('at', 'int64', ['n']);
  const table = g.constant('table', wave([9, 3]).data as Float32Array, [9, 3]);
  g.output('out', g.op('Gather', [table, at], { axis: 0 }).add(at.cast(1).unsqueeze(1)), 'float32', ['n', 3]);
  const feeds = { at: { dims: [8], data: BigInt64Array.of(3n, 0n, 8n, 7n, -1n, 1n, 1n, 4n) } };
  const kinds = await plannedAsRuntime(t, g, feeds, 'rows whose numbers differ from run to run');
  t.strictSame(kinds, ['gather', 'toFloat', 'map']);
});
