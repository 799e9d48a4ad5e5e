import { Graph, type Value } from '../onnx/index.js';
import { spectralNorm } from '../weights/spectral.js';
import type { Weights } from '../weights/weights.js';
import { blockWidths, type DecoderBlock, MIDDLE_BLOCKS, spectralWeightShape } from './decode-shapes.js';
import { type Build, convolution, convolutionLayer, convolve, doubled } from './layers.js';
import { type Layer, type Parameter, parameter } from './parameters.js';
import { outputOf, PUBLISHED, type RendererShape } from './renderer-shape.js';

/** The decoder under construction. */
interface Decoder extends Build {
  shape: RendererShape;
}

/**
 * The decoder G (SPADE, docs/model.md 10) computes out [1, 3, 512, 512], 0..1, from the warped feature [1, 256, 64, 64]. The feature is the
 * decoder's input and also modulates every normalisation.
 */
export function decodeGraph(weights: Weights, shape: RendererShape = PUBLISHED): Graph {
  const g = new Graph('decode', { description: "LivePortrait's SPADE decoder" });
  const b: Decoder = { g, weights, shape };
  const { warped, volume, decoder } = shape;
  const feature = g.input('feature', 'float32', [1, warped, volume.side, volume.side]);
  const [middle, large, huge] = [feature, doubled(g, feature, 4), doubled(g, doubled(g, feature, 4), 4)];
  let x = convolution(b, 'fc', feature, { from: warped, to: decoder.widths[0], kernel: [3, 3] });
  for (const name of MIDDLE_BLOCKS) x = residual(b, name, x, middle);
  x = residual(b, 'up_0', doubled(g, x, 4), large);
  x = residual(b, 'up_1', doubled(g, x, 4), huge);
  const small = convolution(b, 'conv_img.0', leaky(x), { from: decoder.widths[2], to: 12, kernel: [3, 3] });
  const shuffled = g.op('DepthToSpace', [small], { blocksize: 2, mode: 'CRD' });
  g.output('out', shuffled.sigmoid(), 'float32', [1, 3, outputOf(shape), outputOf(shape)]);
  return g;
}

const leaky = (x: Value) => x.graph.op('LeakyRelu', [x], { alpha: 0.2 });

/** A residual block; if its widths differ, the short cut is a convolution too. */
function residual(b: Decoder, name: DecoderBlock, x: Value, seg: Value): Value {
  const [from, to] = blockWidths(name, b.shape.decoder.widths);
  const between = Math.min(from, to);
  const spade = (i: string, value: Value, width: number) =>
    modulated(b, `${name}.norm_${i}`, value, width, seg);
  return b.g.scope(name, () => {
    const first = spectralConvolution(b, `${name}.conv_0`, leaky(spade('0', x, from)));
    const second = spectralConvolution(b, `${name}.conv_1`, leaky(spade('1', first, between)));
    const shortcut = from === to ? x : spectralConvolution(b, `${name}.conv_s`, spade('s', x, from));
    return shortcut.add(second);
  });
}

/** SPADE normalises each channel of x over the picture, then scales and shifts each cell by values computed from `seg`. */
function modulated(b: Decoder, key: string, x: Value, width: number, seg: Value): Value {
  const { g } = b;
  const hidden = { from: b.shape.warped, to: b.shape.decoder.hidden, kernel: [3, 3] };
  const activation = convolution(b, `${key}.mlp_shared.0`, seg, hidden).relu();
  const both = convolve(g, activation, gammaAndBeta(b, key, width), { kernel: [3, 3] });
  const [scale, shift] = g.split(both, 1, [width, width]) as [Value, Value];
  return instanceNorm(g, x, width).mul(scale).add(shift);
}

/** Both convolutions of a SPADE as one; its bias includes the 1 that is added to gamma. */
function gammaAndBeta({ weights, shape: { decoder } }: Decoder, key: string, width: number): Layer {
  const shape = { from: decoder.hidden, to: width, kernel: [3, 3] };
  const gamma = convolutionLayer(weights, `${key}.mlp_gamma`, shape);
  const beta = convolutionLayer(weights, `${key}.mlp_beta`, shape);
  return {
    weight: stacked(gamma.weight, beta.weight),
    bias: stacked({ ...gamma.bias, read: () => gamma.bias.read().map((value) => value + 1) }, beta.bias),
  };
}

/** Two parameters of the same shape, stacked along the first axis. */
function stacked(upper: Parameter, lower: Parameter): Parameter {
  const [rows, ...rest] = upper.dims;
  return {
    key: upper.key.replace('mlp_gamma', 'mlp_gamma_beta'),
    dims: [2 * rows!, ...rest],
    read() {
      const [first, second] = [upper.read(), lower.read()];
      const out = new Float32Array(first.length + second.length);
      out.set(first);
      out.set(second, first.length);
      return out;
    },
  };
}

function instanceNorm(g: Graph, x: Value, width: number): Value {
  const ones = g.constant(`ones${width}`, new Float32Array(width).fill(1));
  const zeros = g.constant(`zeros${width}`, new Float32Array(width));
  return g.op('InstanceNormalization', [x, ones, zeros], { epsilon: 1e-5 });
}

/** A convolution whose weight is divided by its spectral norm; that of the short cut has no bias. */
function spectralConvolution({ g, weights, shape }: Decoder, key: string, x: Value): Value {
  const dims = spectralWeightShape(key, shape.decoder.widths);
  const [to, from, ...kernel] = dims;
  const original = parameter(weights, `${key}.weight_orig`, dims);
  const u = parameter(weights, `${key}.weight_u`, [to]);
  const v = parameter(weights, `${key}.weight_v`, [from * kernel[0]! * kernel[1]!]);
  const weight = {
    ...original,
    read() {
      const values = original.read();
      const norm = spectralNorm(values, u.read(), v.read());
      return values.map((value) => value / norm);
    },
  };
  const bias = key.endsWith('conv_s') ? {} : { bias: parameter(weights, `${key}.bias`, [to]) };
  return convolve(g, x, { weight, ...bias }, { kernel });
}
