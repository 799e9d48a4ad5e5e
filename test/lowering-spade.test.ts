import t from 'tap';
import { PASSES } from '../dist/packs/lowering/passes/index.js';
import { doubled } from '../dist/packs/networks/layers.js';
import { Graph, type Value } from '../dist/packs/onnx/index.js';
import { filled } from './support/graphs.js';
import { conv, instanceNorm } from './support/layers.js';
import { lowerBuilt, sameAsPlain } from './support/lowered.js';

const leaky = (x: Value) => x.graph.op('LeakyRelu', [x], { alpha: 0.2 });

/** Normalises x, and scales and shifts it as `seg` says. */
function spade(x: Value, seg: Value, channels: number, name: string): Value {
  const g = x.graph;
  const hidden = conv(g, seg, [32, 16, 3, 3], `${name}.hidden`).relu();
  const both = conv(g, hidden, [2 * channels, 32, 3, 3], `${name}.both`);
  const [scale, shift] = g.split(both, 1, [channels, channels]) as [Value, Value];
  return instanceNorm(x, channels).mul(scale).add(shift);
}

const feeds = {
  x: filled([1, 32, 8, 8], (i) => Math.cos(0.7 * i) + (i % 11) / 5),
  seg: filled([1, 16, 8, 8], (i) => Math.sin(0.3 * i)),
};

t.test('a residual block', async (t) => {
  const g = new Graph('block');
  const x = g.input('x', 'float32', [1, 32, 8, 8]);
  const seg = g.input('seg', 'float32', [1, 16, 8, 8]);
  const first = conv(g, leaky(spade(x, seg, 32, '0')), [32, 32, 3, 3], 'first');
  const second = conv(g, leaky(spade(first, seg, 32, '1')), [32, 32, 3, 3], 'second');
  g.output('y', x.add(second), 'float32', [1, 32, 8, 8]);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.strictSame(lowered.operators, {
    'kdtalker:Block': 2,
    'kdtalker:Conv': 4,
    'kdtalker:Stats': 2,
    'kdtalker:Spade': 2,
    'kdtalker:Unblock': 1,
  });
  await sameAsPlain(t, g, lowered, feeds, 2e-5);
});

t.test('a block that draws larger and has a short cut of its own', async (t) => {
  const g = new Graph('up');
  const large = doubled(g, g.input('x', 'float32', [1, 32, 8, 8]), 4);
  const seg = doubled(g, g.input('seg', 'float32', [1, 16, 8, 8]), 4);
  const first = conv(g, leaky(spade(large, seg, 32, '0')), [16, 32, 3, 3], 'first');
  const second = conv(g, leaky(spade(first, seg, 16, '1')), [16, 16, 3, 3], 'second');
  const shortcut = conv(g, spade(large, seg, 32, 's'), [16, 32, 1, 1], 'shortcut');
  const small = conv(g, leaky(shortcut.add(second)), [12, 16, 3, 3], 'draw');
  g.output('y', small.sigmoid(), 'float32', [1, 12, 16, 16]);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.strictSame(lowered.operators, {
    'kdtalker:Block': 2,
    'kdtalker:UpConv': 3,
    'kdtalker:Conv': 5,
    'kdtalker:Stats': 2,
    'kdtalker:Spade': 3,
    LeakyRelu: 1,
    'kdtalker:Unblock': 1,
    Sigmoid: 1,
  });
  await sameAsPlain(t, g, lowered, feeds, 2e-5);
});

t.test('a scale without a shift', async (t) => {
  const g = new Graph('scale');
  const x = g.input('x', 'float32', [1, 32, 8, 8]);
  const scale = conv(g, g.input('seg', 'float32', [1, 16, 8, 8]), [32, 16, 3, 3], 'scale');
  g.output('y', leaky(scale.mul(instanceNorm(x, 32))), 'float32', [1, 32, 8, 8]);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.strictSame(lowered.operators, {
    'kdtalker:Block': 2,
    'kdtalker:Stats': 1,
    'kdtalker:Spade': 1,
    'kdtalker:Unblock': 1,
  });
  await sameAsPlain(t, g, lowered, feeds, 2e-5);
});

t.test('a normalisation with a scale of its own stays', async (t) => {
  const g = new Graph('own');
  const x = g.input('x', 'float32', [1, 32, 8, 8]);
  const both = conv(g, g.input('seg', 'float32', [1, 16, 8, 8]), [64, 16, 3, 3], 'both');
  const [scale, shift] = g.split(both, 1, [32, 32]) as [Value, Value];
  const twos = g.constant('twos', new Float32Array(32).fill(2));
  const zeros = g.constant('zeros', new Float32Array(32));
  const normal = g.op('InstanceNormalization', [x, twos, zeros], { epsilon: 1e-5 });
  g.output('y', normal.mul(scale).add(shift), 'float32', [1, 32, 8, 8]);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.equal(lowered.operators.InstanceNormalization, 1);
  t.equal(lowered.found.get('spade'), 0);
  await sameAsPlain(t, g, lowered, feeds);
});

t.test('the halves in the other order are not a SPADE', async (t) => {
  const g = new Graph('halves');
  const x = g.input('x', 'float32', [1, 32, 8, 8]);
  const both = conv(g, g.input('seg', 'float32', [1, 16, 8, 8]), [64, 16, 3, 3], 'both');
  const [shift, scale] = g.split(both, 1, [32, 32]) as [Value, Value];
  g.output('y', instanceNorm(x, 32).mul(scale).add(shift), 'float32', [1, 32, 8, 8]);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.equal(lowered.found.get('spade'), 0);
  await sameAsPlain(t, g, lowered, feeds);
});
