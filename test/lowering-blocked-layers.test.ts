import t from 'tap';
import { PASSES } from '../dist/packs/lowering/passes/index.js';
import { doubled, halved } from '../dist/packs/networks/layers.js';
import { Graph, type Value } from '../dist/packs/onnx/index.js';
import { filled } from './support/graphs.js';
import { conv } from './support/layers.js';
import { lowerBuilt, sameAsPlain } from './support/lowered.js';

const leaky = (x: Value) => x.graph.op('LeakyRelu', [x], { alpha: 0.2 });
const wave = (dims: number[]) => filled(dims, (i) => Math.cos(0.7 * i));

t.test('a convolution of a repeated input takes the input as it is', async (t) => {
  const g = new Graph('repeated');
  const x = g.input('x', 'float32', [1, 16, 4, 5]);
  const twice = conv(g, doubled(g, x, 4), [20, 16, 3, 3], 'twice').relu();
  const fourTimes = leaky(conv(g, doubled(g, doubled(g, x, 4), 4), [16, 16, 3, 3], 'four'));
  g.output('twice', twice, 'float32', [1, 20, 8, 10]);
  g.output('four', fourTimes, 'float32', [1, 16, 16, 20]);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.strictSame(lowered.operators, { 'kdtalker:Block': 1, 'kdtalker:UpConv': 2, 'kdtalker:Unblock': 2 });
  await sameAsPlain(t, g, lowered, { x: wave([1, 16, 4, 5]) });
});

t.test('the depth of a repeated volume stays', async (t) => {
  const g = new Graph('volume');
  const x = g.input('x', 'float32', [1, 16, 3, 4, 4]);
  const y = conv(g, doubled(g, x, 5), [16, 16, 3, 3, 3], 'a').relu();
  g.output('y', y, 'float32', [1, 16, 3, 8, 8]);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.equal(lowered.operators['kdtalker:UpConv'], 1);
  await sameAsPlain(t, g, lowered, { x: wave([1, 16, 3, 4, 4]) });
});

t.test('another resizing stays', async (t) => {
  const g = new Graph('linear');
  const x = g.input('x', 'float32', [1, 16, 4, 4]);
  g.output('y', conv(g, x.resize(8, 8), [16, 16, 3, 3], 'a'), 'float32', [1, 16, 8, 8]);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.equal(lowered.operators.Resize, 1);
  t.notOk(lowered.operators['kdtalker:UpConv']);
});

t.test('an hourglass stays in blocks: pooling, steps up, skips put beside', async (t) => {
  const g = new Graph('hourglass');
  const dims = [1, 22, 2, 8, 8];
  const x = g.input('x', 'float32', dims);
  const top = conv(g, x, [32, 22, 3, 3, 3], 'top').relu();
  const down = conv(g, halved(g, top, 3), [48, 32, 3, 3, 3], 'down').relu();
  const up = conv(g, doubled(g, down, 5), [16, 48, 3, 3, 3], 'up').relu();
  const joined = g.concat(1, [up, x]);
  g.output('y', conv(g, joined, [38, 38, 3, 3, 3], 'end').relu(), 'float32', [1, 38, 2, 8, 8]);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.strictSame(lowered.operators, {
    'kdtalker:Block': 1,
    'kdtalker:Conv': 3,
    'kdtalker:AveragePool': 1,
    'kdtalker:UpConv': 1,
    Concat: 1,
    'kdtalker:Unblock': 1,
  });
  await sameAsPlain(t, g, lowered, { x: wave(dims) });
});

t.test('channels that do not fill their blocks are put beside each other as they were', async (t) => {
  const g = new Graph('ragged');
  const x = g.input('x', 'float32', [1, 16, 8, 8]);
  const ragged = g.concat(1, [conv(g, x, [10, 16, 3, 3], 'a'), x]);
  g.output('y', conv(g, ragged, [16, 26, 3, 3], 'b'), 'float32', [1, 16, 8, 8]);
  const lowered = await lowerBuilt(t, g, PASSES);
  t.equal(lowered.operators['kdtalker:Unblock'], 2);
  await sameAsPlain(t, g, lowered, { x: wave([1, 16, 8, 8]) });
});

t.test('an activation between two sums keeps its value in blocks', async (t) => {
  const g = new Graph('activation');
  const x = g.input('x', 'float32', [1, 16, 8, 8]);
  const sum = conv(g, x, [16, 16, 3, 3], 'a').add(x);
  g.output('y', conv(g, leaky(sum), [16, 16, 3, 3], 'b'), 'float32', [1, 16, 8, 8]);
  const lowered = await lowerBuilt(t, g, PASSES);
  const expected = { 'kdtalker:Block': 1, 'kdtalker:Conv': 2, LeakyRelu: 1, 'kdtalker:Unblock': 1 };
  t.strictSame(lowered.operators, expected);
  await sameAsPlain(t, g, lowered, { x: wave([1, 16, 8, 8]) });
});
