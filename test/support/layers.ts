import type { Builder, Value } from '../../dist/packs/onnx/index.js';

/** Weights for graphs made by tests. */
export function weights(g: Builder, name: string, dims: number[]): Value {
  const length = dims.reduce((a, b) => a * b, 1);
  const seed = [...name].reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), 7) % 1009;
  const data = Float32Array.from({ length }, (_, i) => Math.sin(1.7 * i + seed) / 8);
  return g.constant(name, data, dims);
}

/** A convolution with bias that keeps the size; `dims` is [outputs, inputs, ...kernel]. */
export function conv(g: Builder, x: Value, dims: number[], name: string): Value {
  const kernel = dims.slice(2);
  const pads = kernel.map((length) => (length - 1) / 2);
  const inputs = [x, weights(g, `${name}.w`, dims), weights(g, `${name}.b`, dims.slice(0, 1))];
  return g.op('Conv', inputs, { kernel_shape: kernel, pads: [...pads, ...pads] });
}

/** Normalises every channel over its picture, with a scale of 1 and a shift of 0. */
export function instanceNorm(x: Value, channels: number): Value {
  const g = x.graph;
  const ones = g.constant(`ones${channels}`, new Float32Array(channels).fill(1));
  const zeros = g.constant(`zeros${channels}`, new Float32Array(channels));
  return g.op('InstanceNormalization', [x, ones, zeros], { epsilon: 1e-5 });
}
