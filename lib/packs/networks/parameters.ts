import type { Graph, Value } from '../onnx/index.js';
import type { Weights } from '../weights/weights.js';

/** A trained tensor that is read when the graph is written. */
export interface Parameter {
  key: string;
  dims: readonly number[];
  read(): Float32Array;
}

/** Declares a tensor of the checkpoint. */
export function parameter(weights: Weights, key: string, dims: readonly number[]): Parameter {
  weights.expect?.(key, dims);
  return { key, dims, read: () => weights.floats(key, dims) };
}

/** A constant of the graph with the parameter, optionally reshaped. */
export function stored(g: Graph, { key, dims, read }: Parameter, shape = dims): Value {
  return g.lazy(key, shape, read);
}

/** An affine map for each channel: scale * x + shift. */
export interface ChannelAffine {
  channels: number;
  read(): { scale: Float64Array; shift: Float64Array };
}

/** epsilon of batch normalisations, unless a network has another. */
const EPSILON = 1e-5;

/** A batch normalisation at inference: (x - mean) / sqrt(var + eps) * weight + bias. */
export function batchNorm(weights: Weights, key: string, channels: number, epsilon = EPSILON): ChannelAffine {
  const parts = ['weight', 'bias', 'running_mean', 'running_var'].map((name) =>
    parameter(weights, `${key}.${name}`, [channels]),
  );
  return {
    channels,
    read() {
      const [weight, bias, mean, variance] = parts.map((part) => part.read()) as Float32Array[];
      const scale = Float64Array.from(weight!, (value, c) => value / Math.sqrt(variance![c]! + epsilon));
      return { scale, shift: Float64Array.from(scale, (value, c) => bias![c]! - mean![c]! * value) };
    },
  };
}

/** The weight and bias of a convolution or linear layer, before they are stored; the first axis is the output's channels. */
export interface Layer {
  weight: Parameter;
  bias?: Parameter;
}

/** Declares `key.weight` and, by default, `key.bias`. */
export function layer(
  weights: Weights,
  key: string,
  dims: readonly number[],
  options = { bias: true },
): Layer {
  const weight = parameter(weights, `${key}.weight`, dims);
  return options.bias ? { weight, bias: parameter(weights, `${key}.bias`, [dims[0]!]) } : { weight };
}

/** The layer with the normalisation of its output folded in. */
export function folded({ weight, bias }: Required<Layer>, norm: ChannelAffine): Required<Layer> {
  return {
    weight: { ...weight, read: () => scaledRows(weight.read(), norm.read().scale) },
    bias: {
      ...bias,
      read() {
        const { scale, shift } = norm.read();
        return Float32Array.from(bias.read(), (value, c) => value * scale[c]! + shift[c]!);
      },
    },
  };
}

/** Multiplies every row of a weight by its factor. */
function scaledRows(weight: Float32Array, factors: Float64Array): Float32Array {
  const perRow = weight.length / factors.length;
  factors.forEach((factor, row) => {
    for (let i = row * perRow; i < (row + 1) * perRow; i++) weight[i]! *= factor;
  });
  return weight;
}

/** Columns [from, to) of a matrix with `width` columns, transposed for the right side of `MatMul`. */
export function transposed(matrix: Float32Array, width: number, from = 0, to = width): Float32Array {
  const rows = matrix.length / width;
  const out = new Float32Array((to - from) * rows);
  for (let row = 0; row < rows; row++)
    for (let column = from; column < to; column++)
      out[(column - from) * rows + row] = matrix[row * width + column]!;
  return out;
}
