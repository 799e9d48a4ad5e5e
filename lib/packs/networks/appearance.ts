import { Graph, type Value } from '../onnx/index.js';
import type { Weights } from '../weights/weights.js';
import {
  type Build,
  channelAffine,
  convolution,
  convolutionLayer,
  convolve,
  halved,
  normalisedConvolution,
} from './layers.js';
import { batchNorm, folded } from './parameters.js';
import { PUBLISHED, pictureOf, type RendererShape } from './renderer-shape.js';

const RESIDUAL_BLOCKS = 6;

/** The appearance extractor F computes the feature volume f_s [1, 32, 16, 64, 64] from img [1, 3, 256, 256], 0..1 (docs/model.md 5). */
export function appearanceGraph(weights: Weights, shape: RendererShape = PUBLISHED): Graph {
  const g = new Graph('appearance', { description: "LivePortrait's appearance feature extractor" });
  const b: Build = { g, weights };
  const picture = pictureOf(shape);
  const image = g.input('img', 'float32', [1, 3, picture, picture]);
  const [large, middle, small] = shape.appearance;
  const first = block(b, 'first', image, 3, large);
  const half = halved(g, block(b, 'down_blocks.0', first, large, middle), 2);
  const quarter = halved(g, block(b, 'down_blocks.1', half, middle, small), 2);
  const { channels, depth, side } = shape.volume;
  const flat = convolution(b, 'second', quarter, { from: small, to: channels * depth, kernel: [1, 1] });
  let volume = flat.reshape(1, channels, depth, side, side);
  for (let i = 0; i < RESIDUAL_BLOCKS; i++) volume = residual(b, `resblocks_3d.3dr${i}`, volume, channels);
  g.output('f_s', volume, 'float32', [1, channels, depth, side, side]);
  return g;
}

function block(b: Build, key: string, x: Value, from: number, to: number): Value {
  const keys = { conv: `${key}.conv`, norm: `${key}.norm` };
  return b.g.scope(key, () => normalisedConvolution(b, keys, x, { from, to, kernel: [3, 3] }).relu());
}

/** A block that normalises before each convolution. The second normalisation follows the first convolution and is folded into it. */
function residual({ g, weights }: Build, key: string, x: Value, channels: number): Value {
  const shape = { from: channels, to: channels, kernel: [3, 3, 3] };
  const norm = (i: 1 | 2) => batchNorm(weights, `${key}.norm${i}`, channels);
  const conv = (i: 1 | 2) => convolutionLayer(weights, `${key}.conv${i}`, shape);
  return g.scope(key, () => {
    const before = channelAffine(g, `${key}.norm1`, x, norm(1), 3).relu();
    const between = convolve(g, before, folded(conv(1), norm(2)), shape).relu();
    return convolve(g, between, conv(2), shape).add(x);
  });
}
