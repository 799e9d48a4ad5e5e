import t from 'tap';
import { PASSES } from '../dist/packs/lowering/passes/index.js';
import { blended, candidateShifts } from '../dist/packs/networks/dense-motion.js';
import { Graph, type Value } from '../dist/packs/onnx/index.js';
import { conv, weights } from './support/layers.js';
import { engineAsPlain, lowerBuilt, staysPlain } from './support/lowered.js';
import { KEYPOINTS, keypointInputs, volumeDims, waveVolume } from './support/volume.js';

/** The motions of 22 candidates mixed by what `masked` makes of a volume. */
function mixed(channels: number, masked: (x: Value) => Value): Graph {
  const g = new Graph('mixed');
  const x = g.input('x', 'float32', volumeDims(channels));
  const motion = blended(g, masked(x), candidateShifts(g, keypointInputs(g)));
  g.output('deformation', motion, 'float32', [1, 16, 64, 64, 3]);
  return g;
}

t.test('the convolution of the mask, softmax and mixing are one operator', async (t) => {
  const g = mixed(142, (x) => conv(x.graph, x, [22, 142, 7, 7, 7], 'mask').softmax(1));
  const { operators } = await lowerBuilt(t, g, PASSES);
  t.strictSame(operators, { 'kdtalker:Block': 1, 'kdtalker:MaskMotion': 1 });
  // A mask that is the same for all candidates would differ by 5e-2.
  await engineAsPlain(t, g, { x: waveVolume(142), ...KEYPOINTS }, { fp32: 5e-6, bf16: 5e-3 });
});

t.test('what is only similar stays', async (t) => {
  const mask = (x: Value, kernel: number, channels = 142) =>
    conv(x.graph, x, [22, channels, kernel, kernel, kernel], `mask${kernel}`);
  const unbiased = (x: Value) =>
    x.graph.op('Conv', [x, weights(x.graph, 'mask.w', [22, 142, 7, 7, 7])], {
      kernel_shape: [7, 7, 7],
      pads: [3, 3, 3, 3, 3, 3],
    });
  const cases: Record<string, (x: Value) => Value> = {
    'softmax over the depth': (x) => mask(x, 7).softmax(2),
    'a mask that does not sum to 1': (x) => mask(x, 7).sigmoid(),
    'a smaller kernel': (x) => mask(x, 5).softmax(1),
    'a convolution without a bias': (x) => unbiased(x).softmax(1),
  };
  for (const [name, masked] of Object.entries(cases)) await staysPlain(t, mixed(142, masked), name);
  await staysPlain(
    t,
    mixed(1, (x) => mask(x, 7, 1).softmax(1)),
    'fewer channels',
  );
});
