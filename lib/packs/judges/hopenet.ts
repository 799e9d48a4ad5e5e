import type { Build } from '../networks/layers.js';
import { Graph, type Value } from '../onnx/index.js';
import type { Weights } from '../weights/weights.js';
import { convolvedNormalised, dense, type JudgeConvolution, maxPool } from './layers.js';

// ResNet-50: blocks of each stage, and the width inside them; outputs are four times as wide.
const DEPTHS = [3, 4, 6, 3] as const;
const WIDTHS = [64, 128, 256, 512] as const;
const EXPANSION = 4;
const POOLED = 2048;

/** Bins of one axis: 3 degrees each, from -99. */
export const POSE_BINS = 66;
const POSE_AXES = ['yaw', 'pitch', 'roll'] as const;

/**
 * Hopenet: a face [n, 3, 224, 224], normalised as for ImageNet, to the raw values of 66 bins for `yaw`, `pitch` and `roll`, and the
 * features `pooled` before them.
 */
export function hopenetGraph(weights: Weights): Graph {
  const g = new Graph('hopenet', { description: 'Hopenet: head pose from a picture' });
  const b: Build = { g, weights };
  const stem = { from: 3, to: 64, kernel: [7, 7], stride: [2, 2], padding: [3, 3], bias: false };
  const first = convolvedNormalised(
    b,
    { conv: 'conv1', norm: 'bn1' },
    g.input('face', 'float32', ['n', 3, 224, 224]),
    stem,
  );
  const pooled = stages(b, maxPool(b, first.relu(), [3, 3], [2, 2], { pads: [1, 1, 1, 1] })).mean(
    [2, 3],
    false,
  );
  g.output('pooled', pooled, 'float32', ['n', POOLED]);
  for (const axis of POSE_AXES)
    g.output(axis, dense(b, `fc_${axis}`, pooled, { from: POOLED, to: POSE_BINS }), 'float32', [
      'n',
      POSE_BINS,
    ]);
  return g;
}

function stages(b: Build, input: Value): Value {
  let [x, from] = [input, 64];
  DEPTHS.forEach((depth, stage) => {
    for (let i = 0; i < depth; i++) {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      x = bottleneck(b, `layer${stage + 1}.${i}`, x, { from, width: WIDTHS[stage]!, stride });
      from = EXPANSION * WIDTHS[stage]!;
    }
  });
  return x;
}

interface Bottleneck {
  from: number;
  width: number;
  stride: number;
}

/** The stride is on the convolution of 3x3. The first block of a stage has a convolution in its shortcut. */
function bottleneck(b: Build, key: string, x: Value, { from, width, stride }: Bottleneck): Value {
  const to = EXPANSION * width;
  const step = (name: string, input: Value, shape: Omit<JudgeConvolution, 'bias'>) =>
    convolvedNormalised(b, { conv: `${key}.conv${name}`, norm: `${key}.bn${name}` }, input, {
      ...shape,
      bias: false,
    });
  const narrow = step('1', x, { from, to: width, kernel: [1, 1] }).relu();
  const seen = { from: width, to: width, kernel: [3, 3], padding: [1, 1], stride: [stride, stride] };
  const wide = step('3', step('2', narrow, seen).relu(), { from: width, to, kernel: [1, 1] });
  const keys = { conv: `${key}.downsample.0`, norm: `${key}.downsample.1` };
  const shape = { from, to, kernel: [1, 1], stride: [stride, stride], bias: false };
  return wide.add(from === to ? x : convolvedNormalised(b, keys, x, shape)).relu();
}
