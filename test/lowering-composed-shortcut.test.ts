import t from 'tap';
import { composedShortcut } from '../dist/packs/lowering/passes/composed-shortcut.js';
import { Graph, type Value } from '../dist/packs/onnx/index.js';
import { filled } from './support/graphs.js';
import { conv, instanceNorm } from './support/layers.js';
import { lowerBuilt, sameAsPlain } from './support/lowered.js';

const CHANNELS = 32;

const feeds = {
  x: filled([1, CHANNELS, 6, 9], (i) => Math.cos(0.7 * i) + (i % 11) / 5),
  a: filled([1, 16, 6, 9], (i) => Math.sin(0.3 * i)),
};

/** A graph with a SPADE of x by a, which `after` goes on from. */
function built(after: (g: Graph, modulated: Value) => void): Graph {
  const g = new Graph('shortcut');
  const x = g.input('x', 'float32', [1, CHANNELS, 6, 9]);
  const both = conv(g, g.input('a', 'float32', [1, 16, 6, 9]), [2 * CHANNELS, 16, 3, 3], 'both');
  const [scale, shift] = g.split(both, 1, [CHANNELS, CHANNELS]) as [Value, Value];
  after(g, instanceNorm(x, CHANNELS).mul(scale).add(shift));
  return g;
}

t.test("a short cut is composed with the shift's convolution", async (t) => {
  const g = built((g, modulated) => {
    g.output('y', conv(g, modulated, [16, CHANNELS, 1, 1], 'shortcut'), 'float32', [1, 16, 6, 9]);
  });
  const lowered = await lowerBuilt(t, g, [composedShortcut]);
  t.strictSame(lowered.operators, { InstanceNormalization: 1, Conv: 3, Mul: 1, Add: 1 });
  await sameAsPlain(t, g, lowered, feeds, 2e-6, 2e-6);
});

t.test('where it would add multiplications, or the SPADE is used elsewhere too, it stays', async (t) => {
  const wide = built((g, modulated) => {
    const drawn = conv(g, modulated, [CHANNELS, CHANNELS, 1, 1], 'shortcut');
    g.output('y', drawn, 'float32', [1, CHANNELS, 6, 9]);
  });
  const shared = built((g, modulated) => {
    const drawn = conv(g, modulated, [16, CHANNELS, 1, 1], 'shortcut');
    g.output('y', drawn.relu(), 'float32', [1, 16, 6, 9]);
    g.output('z', modulated.relu(), 'float32', [1, CHANNELS, 6, 9]);
  });
  const activated = built((g, modulated) => {
    const drawn = conv(g, modulated.relu(), [16, CHANNELS, 1, 1], 'shortcut');
    g.output('y', drawn, 'float32', [1, 16, 6, 9]);
  });
  for (const g of [wide, shared, activated])
    t.equal((await lowerBuilt(t, g, [composedShortcut])).found.get('composed-shortcut'), 0);
});
