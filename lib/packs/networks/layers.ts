import type { Attributes, Graph, Value } from '../onnx/index.js';
import type { Weights } from '../weights/weights.js';
import {
  batchNorm,
  type ChannelAffine,
  folded,
  type Layer,
  layer,
  parameter,
  stored,
  transposed,
} from './parameters.js';

/** A graph under construction, and the weights of its layers. */
export interface Build {
  g: Graph;
  weights: Weights;
}

/** Shape of a convolution; a 3x3 kernel is [3, 3]. */
export interface ConvolutionShape {
  from: number;
  to: number;
  kernel: readonly number[];
  stride?: readonly number[];
  /** Padding with zeros on both sides of every axis. Default: half the kernel, which keeps the size. */
  padding?: number;
}

/** Declares the layer of a convolution. */
export function convolutionLayer(weights: Weights, key: string, shape: ConvolutionShape): Required<Layer> {
  return layer(weights, key, [shape.to, shape.from, ...shape.kernel]) as Required<Layer>;
}

/** Applies a declared convolution over 1, 2 or 3 axes. */
export function convolve(
  g: Graph,
  x: Value,
  { weight, bias }: Layer,
  shape: Omit<ConvolutionShape, 'from' | 'to'>,
): Value {
  const { kernel, stride, padding } = shape;
  const pads = kernel.map((length) => padding ?? (length - 1) / 2);
  const attributes: Attributes = { kernel_shape: kernel, pads: [...pads, ...pads], strides: stride };
  return g.op('Conv', [x, stored(g, weight), bias && stored(g, bias)], attributes);
}

/** A convolution with bias. */
export function convolution(b: Build, key: string, x: Value, shape: ConvolutionShape): Value {
  return convolve(b.g, x, convolutionLayer(b.weights, key, shape), shape);
}

/** A convolution with the following batch normalisation folded in. */
export function normalisedConvolution(
  b: Build,
  keys: { conv: string; norm: string },
  x: Value,
  shape: ConvolutionShape,
): Value {
  const plain = convolutionLayer(b.weights, keys.conv, shape);
  return convolve(b.g, x, folded(plain, batchNorm(b.weights, keys.norm, shape.to)), shape);
}

/** A normalisation that cannot be folded into a convolution, of [n, c, ...] with `axes` axes after the channels. */
export function channelAffine(g: Graph, key: string, x: Value, norm: ChannelAffine, axes: number): Value {
  const dims = [1, norm.channels, ...new Array<number>(axes).fill(1)];
  const scale = g.lazy(`${key}.scale`, dims, () => Float32Array.from(norm.read().scale));
  return x.mul(scale).add(g.lazy(`${key}.shift`, dims, () => Float32Array.from(norm.read().shift)));
}

/** x W' + b over the last axis. */
export function linear(
  b: Build,
  key: string,
  x: Value,
  size: { from: number; to: number; bias?: boolean },
): Value {
  const { weight, bias } = layer(b.weights, key, [size.to, size.from], { bias: size.bias ?? true });
  const right = b.g.lazy(weight.key, [size.from, size.to], () => transposed(weight.read(), size.from));
  const product = x.matmul(right);
  return bias ? product.add(stored(b.g, bias)) : product;
}

/** Normalises the last axis. `names` and `shape` are the names and the shape of its two vectors in the checkpoint. */
export function layerNorm(
  b: Build,
  key: string,
  x: Value,
  norm: { size: number; epsilon: number; names?: readonly [string, string]; shape?: readonly number[] },
): Value {
  const [scale, shift] = (norm.names ?? ['weight', 'bias']).map((name) =>
    stored(b.g, parameter(b.weights, `${key}.${name}`, norm.shape ?? [norm.size]), [norm.size]),
  );
  return b.g.op('LayerNormalization', [x, scale, shift], { axis: -1, epsilon: norm.epsilon });
}

/** x sigmoid(x). */
export function silu(x: Value): Value {
  return x.mul(x.sigmoid());
}

/** Doubles the last two of `axes` axes by repeating every cell. */
export function doubled(g: Graph, x: Value, axes: number): Value {
  const scales = Float32Array.from({ length: axes }, (_, axis) => (axis < axes - 2 ? 1 : 2));
  const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  return g.op('Resize', [x, undefined, g.constant(`double${axes}`, scales)], attributes);
}

/** Averages pairs of cells of the last two of `axes` axes after the channels. */
export function halved(g: Graph, x: Value, axes: 2 | 3): Value {
  const window = axes === 2 ? [2, 2] : [1, 2, 2];
  return g.op('AveragePool', [x], { kernel_shape: window, strides: window });
}
