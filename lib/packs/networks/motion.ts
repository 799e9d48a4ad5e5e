import { Graph, type Value } from '../onnx/index.js';
import { sizeOf } from '../onnx/types.js';
import { under, type Weights } from '../weights/weights.js';
import { type Build, convolution, layerNorm, linear } from './layers.js';
import { layer, parameter, stored } from './parameters.js';
import { PUBLISHED, pictureOf, type RendererShape } from './renderer-shape.js';

const EPSILON = 1e-6;

/** Bins of an angle: 3 degrees each, centred on 0. */
const BINS = { count: 66, degrees: 3, first: -97.5 } as const;
const ANGLES = ['pitch', 'yaw', 'roll'] as const;

/**
 * The motion extractor M computes canonical keypoints, pose in degrees, translation, expression and scale from img [1, 3, 256, 256],
 * 0..1 (docs/model.md 3). The unprocessed heads are outputs too, with `raw_` names.
 */
export function motionGraph(weights: Weights, shape: RendererShape = PUBLISHED): Graph {
  const g = new Graph('motion', { description: "LivePortrait's motion extractor" });
  const b: Build = { g, weights: under(weights, 'detector.') };
  const picture = pictureOf(shape);
  const pooled = backbone(b, g.input('img', 'float32', [1, 3, picture, picture]), shape.motion);
  const from = shape.motion.widths.at(-1)!;
  const head = (name: string, size: number) => linear(b, `fc_${name}`, pooled, { from, to: size });
  const raw = (name: string, value: Value, size: number) =>
    g.output(`raw_${name}`, value, 'float32', [1, size]);
  for (const [name, shape] of [
    ['kp', [1, 21, 3]],
    ['t', [1, 3]],
    ['exp', [1, 21, 3]],
    ['scale', [1, 1]],
  ] as const) {
    const size = sizeOf(shape);
    const value = head(name, size);
    g.output(name, value.reshape(...shape), 'float32', shape);
    raw(name, value, size);
  }
  for (const angle of ANGLES) {
    const bins = head(angle, BINS.count);
    g.output(angle, degrees(g, bins), 'float32', [1, 1]);
    raw(angle, bins, BINS.count);
  }
  return g;
}

/** The expected angle of a distribution over bins, [1, 1]. */
function degrees(g: Graph, bins: Value): Value {
  const index = g.constant(
    'bins',
    Float32Array.from({ length: BINS.count }, (_, i) => i),
    [BINS.count, 1],
  );
  return bins.softmax(1).matmul(index).mul(BINS.degrees).add(BINS.first);
}

/** ConvNeXt V2: [1, 768] from [1, 3, 256, 256]. Between stages the channels are the last axis, which the normalisations need. */
function backbone(b: Build, image: Value, { depths, widths }: RendererShape['motion']): Value {
  const [first] = widths as [number];
  const stem = convolution(b, 'downsample_layers.0.0', image, {
    from: 3,
    to: first,
    kernel: [4, 4],
    stride: [4, 4],
    padding: 0,
  });
  let x = normalised(b, 'downsample_layers.0.1', channelsLast(stem), first);
  depths.forEach((depth, stage) => {
    const width = widths[stage]!;
    if (stage > 0) x = downsampled(b, `downsample_layers.${stage}`, x, widths[stage - 1]!, width);
    for (let i = 0; i < depth; i++) {
      const key = `stages.${stage}.${i}`;
      x = b.g.scope(key, () => block(b, key, x, width));
    }
  });
  return normalised(b, 'norm', x.mean([1, 2], false), widths.at(-1)!);
}

const channelsLast = (x: Value) => x.transpose(0, 2, 3, 1);
const channelsFirst = (x: Value) => x.transpose(0, 3, 1, 2);

function normalised(b: Build, key: string, x: Value, size: number): Value {
  return layerNorm(b, key, x, { size, epsilon: EPSILON });
}

function downsampled(b: Build, key: string, x: Value, from: number, to: number): Value {
  const before = channelsFirst(normalised(b, `${key}.0`, x, from));
  return channelsLast(
    convolution(b, `${key}.1`, before, { from, to, kernel: [2, 2], stride: [2, 2], padding: 0 }),
  );
}

/** A ConvNeXt V2 block on [1, h, w, width]. */
function block(b: Build, key: string, x: Value, width: number): Value {
  const wide = 4 * width;
  const spread = normalised(
    b,
    `${key}.norm`,
    channelsLast(depthwise(b, `${key}.dwconv`, channelsFirst(x), width)),
    width,
  );
  const hidden = b.g.op('Gelu', [linear(b, `${key}.pwconv1`, spread, { from: width, to: wide })]);
  return linear(b, `${key}.pwconv2`, responseNorm(b, `${key}.grn`, hidden, wide), {
    from: wide,
    to: width,
  }).add(x);
}

function depthwise({ g, weights }: Build, key: string, x: Value, width: number): Value {
  const { weight, bias } = layer(weights, key, [width, 1, 7, 7]);
  const attributes = { group: width, kernel_shape: [7, 7], pads: [3, 3, 3, 3] };
  return g.op('Conv', [x, stored(g, weight), bias && stored(g, bias)], attributes);
}

/** Global response normalisation amplifies channels that respond more than the mean channel. */
function responseNorm({ g, weights }: Build, key: string, x: Value, width: number): Value {
  const constant = (name: string) => stored(g, parameter(weights, `${key}.${name}`, [1, 1, 1, width]));
  const response = g.op('ReduceL2', [x, g.ints([1, 2])], { keepdims: 1 });
  const values = { x, response, mean: response.mean([-1]), gamma: constant('gamma'), beta: constant('beta') };
  return g.formula(`gamma * (x * (response / (mean + ${EPSILON}))) + beta + x`, values);
}
