import { Graph } from '../onnx/index.js';
import { under, type Weights } from '../weights/weights.js';
import { denseMotion, sampledAt } from './dense-motion.js';
import { type Build, convolution, normalisedConvolution } from './layers.js';
import { PUBLISHED, type RendererShape } from './renderer-shape.js';

/**
 * The warping module W (docs/model.md 9) computes warped [1, 256, 64, 64] from the feature volume f_s [1, 32, 16, 64, 64] and the keypoints
 * of the portrait, x_s, and of the frame, x_d, [1, 21, 3] each. Deformation and occlusion are outputs too.
 */
export function warpGraph(weights: Weights, shape: RendererShape = PUBLISHED): Graph {
  const g = new Graph('warp', { description: "LivePortrait's warping module" });
  const b: Build = { g, weights };
  const { channels, depth, side } = shape.volume;
  const feature = g.input('f_s', 'float32', [1, channels, depth, side, side]);
  const points = {
    source: g.input('x_s', 'float32', [1, 21, 3]),
    driving: g.input('x_d', 'float32', [1, 21, 3]),
  };
  const dense: Build = { g, weights: under(weights, 'dense_motion_network.') };
  const { deformation, occlusion } = g.scope('dense_motion', () =>
    denseMotion(dense, feature, points, shape),
  );
  const flat = sampledAt(feature, deformation).reshape(1, channels * depth, side, side);
  const keys = { conv: 'third.conv', norm: 'third.norm' };
  const wide = { from: channels * depth, to: shape.warped, kernel: [3, 3] };
  const third = g.op('LeakyRelu', [normalisedConvolution(b, keys, flat, wide)], { alpha: 0.01 });
  const fourth = convolution(b, 'fourth', third, { from: shape.warped, to: shape.warped, kernel: [1, 1] });
  g.output('warped', fourth.mul(occlusion), 'float32', [1, shape.warped, side, side]);
  g.output('deformation', deformation, 'float32', [1, depth, side, side, 3]);
  g.output('occlusion', occlusion, 'float32', [1, 1, side, side]);
  return g;
}
