import type { Graph, Value } from '../../dist/packs/onnx/index.js';

/** Weights for graphs made by tests. */
export function weights(g: Graph, name: string, dims: number[]): Value {
  const length = dims.reduce((a, b) => a * b, 1);
  const seed = [...name].reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), 7) % 1009;
  const data = Float32Array.from({ length }, (_, i) => Math.sin(1.7 * i + seed) / 8);
  return g.constant(name, data, dims);
}

/** A convolution with bias that keeps the size; `dims` is [outputs, inputs, ...kernel]. */
export function conv(g: Graph, x: Value, dims: number[], name: string): Value {
  const kernel = dims.slice(2);
  const pads = kernel.map((length) => (length - 1) / 2);
  const inputs = [x, weights(g, `${name}.w`, dims), weights(g, `${name}.b`, dims.slice(0, 1))];
  return g.op('Conv', inputs, { kernel_shape: kernel, pads: [...pads, ...pads] });
}
