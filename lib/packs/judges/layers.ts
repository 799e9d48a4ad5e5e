import type { Build } from '../networks/layers.js';
import { batchNorm, folded, type Layer, layer, stored } from '../networks/parameters.js';
import type { Attributes, Value } from '../onnx/index.js';

/** A convolution of a judge; lists have a number for each axis. */
export interface JudgeConvolution {
  from: number;
  to: number;
  kernel: readonly number[];
  stride?: readonly number[];
  /** Zeros before and after each axis; default none. */
  padding?: readonly number[];
  dilation?: readonly number[];
  /** Whether the checkpoint has a bias. Default true. */
  bias?: boolean;
}

/** A convolution. */
export function convolved(b: Build, key: string, x: Value, shape: JudgeConvolution): Value {
  return apply(b, x, declared(b, key, shape), shape);
}

/** A convolution and the batch normalisation after it, as one. */
export function convolvedNormalised(
  b: Build,
  keys: { conv: string; norm: string; epsilon?: number },
  x: Value,
  shape: JudgeConvolution,
): Value {
  const norm = batchNorm(b.weights, keys.norm, shape.to, keys.epsilon);
  return apply(b, x, folded(declared(b, keys.conv, shape), norm), shape);
}

/** x W' + b of [n, from]; with `norm` the batch normalisation after it is folded in. */
export function dense(
  b: Build,
  key: string,
  x: Value,
  size: { from: number; to: number; norm?: string },
): Value {
  const plain = layer(b.weights, key, [size.to, size.from]) as Required<Layer>;
  const { weight, bias } =
    size.norm === undefined ? plain : folded(plain, batchNorm(b.weights, size.norm, size.to));
  return b.g.op('Gemm', [x, stored(b.g, weight), stored(b.g, bias)], { transB: 1 });
}

/** The greatest values of windows. */
export function maxPool(
  { g }: Build,
  x: Value,
  kernel: readonly number[],
  stride: readonly number[],
  more: Attributes = {},
): Value {
  return g.op('MaxPool', [x], { kernel_shape: [...kernel], strides: [...stride], ...more });
}

/** Without a bias in the checkpoint, the layer's bias is zero. */
function declared(
  b: Build,
  key: string,
  { from, to, kernel, bias = true }: JudgeConvolution,
): Required<Layer> {
  const found = layer(b.weights, key, [to, from, ...kernel], { bias });
  const none = { key: `${key}.bias`, dims: [to], read: () => new Float32Array(to) };
  return { weight: found.weight, bias: found.bias ?? none };
}

/** A convolution whose weights are known. */
export function apply(
  { g }: Build,
  x: Value,
  { weight, bias }: Required<Layer>,
  shape: JudgeConvolution,
): Value {
  const { kernel, stride, dilation, padding = kernel.map(() => 0) } = shape;
  const attributes: Attributes = {
    kernel_shape: kernel,
    pads: [...padding, ...padding],
    strides: stride,
    dilations: dilation,
  };
  return g.op('Conv', [x, stored(g, weight), stored(g, bias)], attributes);
}
