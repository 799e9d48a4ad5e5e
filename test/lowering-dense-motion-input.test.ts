import t from 'tap';
import { PASSES } from '../dist/packs/lowering/passes/index.js';
import {
  candidateShifts,
  type KeypointPair,
  stackedCandidates,
} from '../dist/packs/networks/dense-motion.js';
import { Graph } from '../dist/packs/onnx/index.js';
import { engineAsPlain, lowerBuilt, staysPlain } from './support/lowered.js';
import { KEYPOINTS, keypointInputs, volumeDims, waveVolume } from './support/volume.js';

/** Heat maps and sampled candidates, whose shifts may be those of other points. */
function stacked(shifted: (points: KeypointPair) => KeypointPair = (points) => points): Graph {
  const g = new Graph('stacked');
  const volume = g.input('volume', 'float32', volumeDims(4));
  const points = keypointInputs(g);
  const y = stackedCandidates(g, points, candidateShifts(g, shifted(points)), () => volume);
  g.output('y', y, 'float32', volumeDims(110));
  return g;
}

t.test('heat maps and candidates are one operator', async (t) => {
  const g = stacked();
  const { operators } = await lowerBuilt(t, g, PASSES);
  t.strictSame(operators, { 'kdtalker:DenseMotionInput': 1, 'kdtalker:Unblock': 1 });
  await engineAsPlain(t, g, { volume: waveVolume(4), ...KEYPOINTS }, { fp32: 1e-5, bf16: 5e-3 });
});

t.test('shifts the other way are other candidates, which stay', async (t) => {
  const g = stacked(({ source, driving }) => ({ source: driving, driving: source }));
  await staysPlain(t, g, 'driving - source');
});

t.test('volumes that are put side by side without any motion stay', async (t) => {
  const g = new Graph('joined');
  const volume = g.input('volume', 'float32', volumeDims(4));
  const joined = g.concat(1, [volume, volume.mul(2)]).reshape(...volumeDims(8));
  g.output('y', joined, 'float32', volumeDims(8));
  await staysPlain(t, g, 'two volumes');
});
