import { type Build, channelAffine } from '../networks/layers.js';
import { batchNorm, parameter, stored } from '../networks/parameters.js';
import { Graph, type Value } from '../onnx/index.js';
import type { Weights } from '../weights/weights.js';
import { convolvedNormalised, dense } from './layers.js';

const WIDTHS = [64, 128, 256, 512] as const;
const SIZE = 512;

/** Blocks of each stage of the published sizes. */
export const ARCFACE_DEPTHS = { r50: [3, 4, 14, 3], r100: [3, 13, 30, 3] } as const;

/** ArcFace, arcface_torch's iresnet: an aligned face [n, 3, 112, 112], red, green, blue of -1..1, to `embedding` [n, 512]. */
export function arcfaceGraph(weights: Weights, depths: readonly number[] = ARCFACE_DEPTHS.r50): Graph {
  const g = new Graph('arcface', { description: 'ArcFace: who is in a picture' });
  const b: Build = { g, weights };
  const input = g.input('face', 'float32', ['n', 3, 112, 112]);
  const stem = { from: 3, to: 64, kernel: [3, 3], padding: [1, 1], bias: false };
  let x = prelu(b, 'prelu', convolvedNormalised(b, { conv: 'conv1', norm: 'bn1' }, input, stem), 64);
  let from = 64;
  depths.forEach((depth, stage) => {
    for (let i = 0; i < depth; i++) {
      x = block(b, `layer${stage + 1}.${i}`, x, { from, to: WIDTHS[stage]!, first: i === 0 });
      from = WIDTHS[stage]!;
    }
  });
  const last = normed(b, 'bn2', x, SIZE).reshape(-1, SIZE * 7 * 7);
  const embedding = dense(b, 'fc', last, { from: SIZE * 7 * 7, to: SIZE, norm: 'features' });
  g.output('embedding', embedding, 'float32', ['n', SIZE]);
  return g;
}

interface Block {
  from: number;
  to: number;
  /** The first block of a stage halves the size, and has a convolution in its shortcut. */
  first: boolean;
}

function block(b: Build, key: string, x: Value, { from, to, first }: Block): Value {
  const stride = first ? [2, 2] : [1, 1];
  const same = { kernel: [3, 3], padding: [1, 1], bias: false };
  const keys = (conv: string, norm: string) => ({ conv: `${key}.${conv}`, norm: `${key}.${norm}` });
  const before = normed(b, `${key}.bn1`, x, from);
  const middle = convolvedNormalised(b, keys('conv1', 'bn2'), before, { from, to, ...same });
  const bent = prelu(b, `${key}.prelu`, middle, to);
  const after = convolvedNormalised(b, keys('conv2', 'bn3'), bent, { from: to, to, ...same, stride });
  const shape = { from, to, kernel: [1, 1], stride, bias: false };
  return after.add(first ? convolvedNormalised(b, keys('downsample.0', 'downsample.1'), x, shape) : x);
}

/** No convolution can take this one in: the next one pads its input with zeros. */
function normed(b: Build, key: string, x: Value, channels: number): Value {
  return channelAffine(b.g, key, x, batchNorm(b.weights, key, channels), 2);
}

function prelu({ g, weights }: Build, key: string, x: Value, channels: number): Value {
  return g.op('PRelu', [x, stored(g, parameter(weights, `${key}.weight`, [channels]), [channels, 1, 1])]);
}
