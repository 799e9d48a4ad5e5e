import t from 'tap';
import { PASSES } from '../dist/packs/lowering/passes/index.js';
import { Graph, type Value } from '../dist/packs/onnx/index.js';
import { conv } from './support/layers.js';
import { engineAsPlain, lowerBuilt, staysPlain } from './support/lowered.js';
import { volumeDims, waveVolume } from './support/volume.js';

/** Two blocks, the second of which has lanes to spare. */
const CHANNELS = 20;
const FLAT = 16 * CHANNELS;

const flattened = (x: Value) => x.reshape(1, FLAT, 64, 64);

function graph(build: (x: Value) => Value, outputs = 1): Graph {
  const g = new Graph('occlusion');
  const x = g.input('x', 'float32', volumeDims(CHANNELS));
  g.output('y', build(x), 'float32', [1, outputs, 64, 64]);
  return g;
}

t.test('a convolution of a volume whose depth became channels reads the volume', async (t) => {
  const g = graph((x) => conv(x.graph, flattened(x), [1, FLAT, 7, 7], 'map').sigmoid());
  const { operators } = await lowerBuilt(t, g, PASSES);
  t.strictSame(operators, { 'kdtalker:Block': 1, 'kdtalker:Occlusion': 1 });
  await engineAsPlain(t, g, { x: waveVolume(CHANNELS) }, { fp32: 1e-5, bf16: 1e-2 });
});

t.test('what is only similar stays', async (t) => {
  const map = (x: Value, kernel: number, outputs = 1) =>
    conv(x.graph, flattened(x), [outputs, FLAT, kernel, kernel], `map${kernel}.${outputs}`);
  const cases: Record<string, (x: Value) => Value> = {
    'no sigmoid': (x) => map(x, 7).relu(),
    'a smaller kernel': (x) => map(x, 5).sigmoid(),
    'two maps': (x) => map(x, 7, 2).sigmoid(),
    'a plane that was no volume before': (x) => map(x.reshape(1, FLAT, 4096, 1), 7).sigmoid(),
  };
  for (const [name, build] of Object.entries(cases))
    await staysPlain(t, graph(build, name === 'two maps' ? 2 : 1), name);
  const small = new Graph('small');
  const flat = small.input('x', 'float32', [1, 20, 16, 32, 32]).reshape(1, FLAT, 32, 32);
  small.output('y', conv(small, flat, [1, FLAT, 7, 7], 'map').sigmoid(), 'float32', [1, 1, 32, 32]);
  await staysPlain(t, small, 'a smaller volume');
});
