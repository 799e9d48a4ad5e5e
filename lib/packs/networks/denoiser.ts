import { Graph, type Value } from '../onnx/index.js';
import { under, type Weights } from '../weights/weights.js';
import { attention, positionsOf, tokenNorm } from './attention.js';
import { AUDIO_FEATURE } from './audio.js';
import { conditionedOf, conditionSize, type DenoiserShape, prefixOf, RELEASED } from './denoiser-shape.js';
import { type Build, linear, silu } from './layers.js';
import { layer, transposed } from './parameters.js';

const MOTION = 70;
const TIME = 256;

/** The denoiser under construction. */
interface Denoiser extends Build {
  shape: DenoiserShape;
}

/*
 * The denoiser (docs/model.md 6) as three graphs. The condition of a block, Linear(SiLU(concat(time, audio))), is the sum of a product with
 * the audio and a product with the time. The first is the same for all steps of a window, the second for all windows, so both are computed
 * outside of the steps.
 */

/** Computes the audio's part of the condition of all blocks, once per window: audio [1, n, 512] to condition [1, n, 18432], for any n. */
export function conditionGraph(weights: Weights, shape = RELEASED): Graph {
  const g = new Graph('condition', {
    description: "The audio's part of the condition of KDTalker's denoiser",
  });
  const audio = g.input('audio', 'float32', [1, 'n', AUDIO_FEATURE]);
  const condition = audioCondition(build(g, weights, shape), audio);
  g.output('condition', condition, 'float32', [1, 'n', conditionSize(shape)]);
  return g;
}

/** Computes the time's part, including the biases, for any number of timesteps: t [s] to time [s, 18432]. */
export function timeGraph(weights: Weights, shape = RELEASED): Graph {
  const g = new Graph('time', { description: "The time's part of the condition of KDTalker's denoiser" });
  const timestep = g.input('t', 'int64', ['s']);
  const time = timeCondition(build(g, weights, shape), timestep);
  g.output('time', time, 'float32', ['s', conditionSize(shape)]);
  return g;
}

/**
 * Computes a step: the noise in x_t [1, n, 70], for any n. Inputs are the condition [1, n, 18432] of {@link conditionGraph}, a row
 * time [1, 18432] of {@link timeGraph}, the canonical keypoints ori_kps [1, 70] and the reference frame ref [1, 70].
 */
export function denoiserGraph(weights: Weights, shape = RELEASED): Graph {
  const g = new Graph('denoiser', { description: "KDTalker's denoiser, given both parts of its condition" });
  const b = build(g, weights, shape);
  const x = g.input('x_t', 'float32', [1, 'n', MOTION]);
  const condition = g.input('condition', 'float32', [1, 'n', conditionSize(shape)]);
  const time = g.input('time', 'float32', [1, conditionSize(shape)]);
  const canonical = g.input('ori_kps', 'float32', [1, MOTION]);
  const reference = g.input('ref', 'float32', [1, MOTION]);
  const frames = g.concat(1, [...faceTokens(shape, canonical), reference.unsqueeze(1), x]);
  const tokens = linear(b, 'input_projection', frames, { from: MOTION, to: shape.dim });
  const out = layers(b, tokens, audioAndTime(b, condition, time));
  const noise = linear(b, 'output_projection', out, { from: shape.dim, to: MOTION });
  g.output('eps', noise.slice(1, prefixOf(shape), Number.MAX_SAFE_INTEGER), 'float32', [1, 'n', MOTION]);
  return g;
}

const build = (g: Graph, weights: Weights, shape: DenoiserShape): Denoiser => ({
  g,
  weights: under(weights, 'point_model.model.'),
  shape,
});

/** The token of the canonical keypoints, if there is one. */
function faceTokens({ canonical: kind }: DenoiserShape, canonical: Value): Value[] {
  if (kind === 'none') return [];
  return [(kind === 'zero' ? canonical.mul(0) : canonical).unsqueeze(1)];
}

function audioCondition(b: Denoiser, audio: Value): Value {
  return silu(audio).matmul(conditionWeight(b, 'audio', TIME, TIME + AUDIO_FEATURE));
}

function timeCondition(b: Denoiser, timestep: Value): Value {
  const embedding = b.g.scope('time', () => timeEmbedding(b, timestep));
  const biases = conditionedOf(b.shape).map((block) => conditionLayer(b, block).bias!);
  const bias = b.g.lazy('condition.bias', [conditionSize(b.shape)], () =>
    joined(biases.map((part) => part.read())),
  );
  return silu(embedding)
    .matmul(conditionWeight(b, 'time', 0, TIME))
    .add(bias);
}

/** The sinusoidal embedding of each timestep after two layers, [s, 256]. */
function timeEmbedding(b: Denoiser, timestep: Value): Value {
  const half = b.shape.dim / 2;
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp((-Math.log(10000) * i) / (half - 1)),
  );
  const angle = timestep
    .cast(1)
    .unsqueeze(1)
    .mul(b.g.constant('frequencies', frequencies, [1, half]));
  const sinusoid = b.g.concat(1, [angle.sin(), angle.cos()]);
  const hidden = silu(linear(b, 'time_mlp.1', sinusoid, { from: b.shape.dim, to: TIME }));
  return linear(b, 'time_mlp.3', hidden, { from: TIME, to: TIME });
}

function conditionLayer({ weights, shape }: Denoiser, block: string) {
  return layer(weights, `${block}.mlp.1`, [2 * shape.dim, TIME + AUDIO_FEATURE]);
}

/** The weights of the condition's layers for the inputs [from, to), all blocks side by side: [to - from, 18432]. */
function conditionWeight(b: Denoiser, part: string, from: number, to: number): Value {
  const parts = conditionedOf(b.shape).map((block) => conditionLayer(b, block).weight);
  return b.g.lazy(`condition.${part}`, [to - from, conditionSize(b.shape)], () =>
    sideBySide(
      parts.map((weight) => transposed(weight.read(), TIME + AUDIO_FEATURE, from, to)),
      to - from,
    ),
  );
}

/** Scale and shift of every block, [1, n + prefix, 2 dim] each; the prefix has no audio. */
function audioAndTime({ g, shape }: Denoiser, audio: Value, time: Value): Value[] {
  const padded = g.op('Pad', [audio, g.ints([0, prefixOf(shape), 0, 0, 0, 0])]);
  const blocks = conditionedOf(shape);
  return g.split(padded.add(time), 2, new Array<number>(blocks.length).fill(2 * shape.dim));
}

function layers(b: Denoiser, tokens: Value, condition: Value[]): Value {
  const attends = b.shape.attention === 'full';
  const positions = attends ? b.g.scope('positions', () => positionsOf(b, tokens, b.shape)) : undefined;
  let x = tokens;
  for (let i = 0; i < b.shape.depth; i++) {
    for (const j of [0, 1])
      x = b.g.scope(`layers.${i}.${j}`, () => residual(b, `layers.${i}.${j}`, x, condition[2 * i + j]!));
    if (positions)
      x = b.g.scope(`layers.${i}.2`, () => attention(b, `layers.${i}.2.fn`, x, positions, b.shape));
  }
  return x;
}

/** A ResnetBlock. The checkpoint's weights for the second layer's normalisation are not used. */
function residual(b: Denoiser, key: string, x: Value, condition: Value): Value {
  const { dim } = b.shape;
  const [scale, shift] = b.g.split(condition, 2, [dim, dim]) as [Value, Value];
  const size = { from: dim, to: dim };
  const first = tokenNorm(b, `${key}.block1.norm`, linear(b, `${key}.block1.proj`, x, size), dim);
  const modulated = silu(first.mul(scale.add(1)).add(shift));
  return silu(linear(b, `${key}.block2.proj`, modulated, size)).add(x);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  return sideBySide(parts, 1);
}

/** Concatenates matrices with the same number of rows, from left to right. */
function sideBySide(parts: readonly Float32Array[], rows: number): Float32Array {
  const widths = parts.map((part) => part.length / rows);
  const total = widths.reduce((sum, width) => sum + width, 0);
  const out = new Float32Array(rows * total);
  let left = 0;
  parts.forEach((part, i) => {
    const width = widths[i]!;
    for (let row = 0; row < rows; row++)
      out.set(part.subarray(row * width, (row + 1) * width), row * total + left);
    left += width;
  });
  return out;
}
