import t from 'tap';
import { blockedConvolution } from '../dist/packs/lowering/passes/blocked-convolution.js';
import { cancelBlocking } from '../dist/packs/lowering/passes/cancel-blocking.js';
import { Graph, type Value } from '../dist/packs/onnx/index.js';
import { filled, type HostTensor } from './support/graphs.js';
import { lowerBuilt, sameAsPlain } from './support/lowered.js';
import { randoms } from './support/talker.js';

const PASSES = [blockedConvolution, cancelBlocking];

/** Numbers without an order: the terms of a wave would cancel, and what rounding leaves of them shows nothing. */
function noise(dims: number[], seed: number): HostTensor {
  const random = randoms(seed);
  return filled(dims, () => 2 * random() - 1);
}

function weights(g: Graph, name: string, dims: number[]): Value {
  return g.constant(name, noise(dims, name.charCodeAt(0)).data as Float32Array, dims);
}

function conv(g: Graph, x: Value, [to, from, ...kernel]: number[], name: string): Value {
  const pads = kernel.map((length) => (length - 1) / 2);
  const w = weights(g, `${name}.w`, [to!, from!, ...kernel]);
  return g.op('Conv', [x, w, weights(g, `${name}.b`, [to!])], {
    kernel_shape: kernel,
    pads: [...pads, ...pads],
  });
}

t.test(
  'a chain of convolutions is blocked once at each end, with activations and residuals inside',
  async (t) => {
    const g = new Graph('chain');
    const x = g.input('x', 'float32', [1, 20, 9, 11]);
    const first = conv(g, x, [24, 20, 3, 3], 'a').relu();
    const second = g.op('LeakyRelu', [conv(g, first, [40, 24, 1, 1], 'b')], { alpha: 0.2 });
    const third = conv(g, second, [24, 40, 3, 3], 'c');
    g.output('y', third.add(first), 'float32', [1, 24, 9, 11]);
    const lowered = await lowerBuilt(t, g, PASSES);
    t.strictSame(lowered.operators, { 'kdtalker:Block': 1, 'kdtalker:Conv': 3, 'kdtalker:Unblock': 1 });
    t.equal(lowered.found.get('blocked-convolution'), 3);
    await sameAsPlain(t, g, lowered, { x: noise([1, 20, 9, 11], 1) });
  },
);

t.test('three axes', async (t) => {
  const g = new Graph('volume');
  const x = g.input('x', 'float32', [1, 16, 3, 8, 10]);
  const y = conv(g, conv(g, x, [18, 16, 3, 3, 3], 'a').relu(), [16, 18, 1, 1, 1], 'b');
  g.output('y', y.sigmoid(), 'float32', [1, 16, 3, 8, 10]);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.strictSame(lowered.operators, {
    'kdtalker:Block': 1,
    'kdtalker:Conv': 2,
    'kdtalker:Unblock': 1,
    Sigmoid: 1,
  });
  await sameAsPlain(t, g, lowered, { x: noise([1, 16, 3, 8, 10], 1) });
});

t.test('a value that others use too stays, and so do convolutions of another form', async (t) => {
  const g = new Graph('others');
  const x = g.input('x', 'float32', [1, 16, 8, 8]);
  const shared = conv(g, x, [16, 16, 3, 3], 'shared');
  const w = (name: string, dims: number[]) => weights(g, name, dims);
  const strided = g.op('Conv', [shared, w('s', [16, 16, 3, 3])], { pads: [1, 1, 1, 1], strides: [2, 2] });
  const grouped = g.op('Conv', [shared, w('g', [16, 1, 3, 3])], { pads: [1, 1, 1, 1], group: 16 });
  const shrinking = g.op('Conv', [shared, w('v', [16, 16, 3, 3])]);
  const few = conv(g, shared, [3, 16, 3, 3], 'few');
  for (const [name, value, dims] of [
    ['relu', shared.relu(), [1, 16, 8, 8]],
    ['strided', strided, [1, 16, 4, 4]],
    ['grouped', grouped, [1, 16, 8, 8]],
    ['shrinking', shrinking, [1, 16, 6, 6]],
    ['few', few, [1, 3, 8, 8]],
  ] as const)
    g.output(name, value, 'float32', dims);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.strictSame(lowered.operators, {
    'kdtalker:Block': 1,
    'kdtalker:Conv': 1,
    'kdtalker:Unblock': 1,
    Conv: 4,
    Relu: 1,
  });
  await sameAsPlain(t, g, lowered, { x: noise([1, 16, 8, 8], 1) });
});

t.test('a lowered value may be an output, or be added twice', async (t) => {
  const g = new Graph('outputs');
  const x = g.input('x', 'float32', [1, 16, 8, 8]);
  const y = conv(g, x, [16, 16, 3, 3], 'a');
  g.output('y', y, 'float32', [1, 16, 8, 8]);
  const z = conv(g, y, [16, 16, 1, 1], 'b');
  g.output('doubled', z.add(z), 'float32', [1, 16, 8, 8]);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.equal(lowered.operators['kdtalker:Conv'], 2);
  await sameAsPlain(t, g, lowered, { x: noise([1, 16, 8, 8], 1) });
});

t.test('a graph without a convolution that pays is left as it is', async (t) => {
  const g = new Graph('nothing');
  const x = g.input('x', 'float32', ['n', 16, 8, 8]);
  g.output('y', conv(g, x, [16, 16, 3, 3], 'a').relu(), 'float32', ['n', 16, 8, 8]);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.strictSame([...lowered.found.values()], [0, 0], 'a batch of any length is not lowered');
  t.notOk(lowered.graph.opsets.has('kdtalker'));
});
