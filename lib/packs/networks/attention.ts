import type { Graph, Value } from '../onnx/index.js';
import { type Build, layerNorm, linear } from './layers.js';
import { parameter } from './parameters.js';

/** Width of a token inside the denoiser. */
export const TOKEN = 768;
const HEADS = 12;
const HEAD = TOKEN / HEADS;
const LAYER_NORM = { size: TOKEN, epsilon: 1e-5, names: ['gamma', 'beta'], shape: [1, 1, TOKEN] } as const;

/** Layer normalisation over a token, with the names and shapes of the denoiser's checkpoint. */
export function tokenNorm(b: Build, key: string, x: Value): Value {
  return layerNorm(b, key, x, LAYER_NORM);
}

/** What every attention layer shares; m counts the tokens, the two of the prefix included. */
export interface Positions {
  /** Cosines of the rotary angles, [m, 12], and their sines with the sign of the pair's first and second number. */
  cos: Value;
  sin: Value;
  /** What is added to the scores of each head, [12, m, m]. */
  bias: Value;
}

/** Dimensions of a head that turn with the position. */
const ROTARY = 12;

/** Computes what depends only on the number of tokens in x [1, m, ...]. */
export function positionsOf(b: Build, x: Value): Positions {
  const { g } = b;
  const count = g.op('Gather', [g.op('Shape', [x]), g.ints(1)]);
  const index = g.op('Range', [g.ints(0), count, g.ints(1)]);
  const angle = index.cast(1).unsqueeze(1).mul(frequencies(g));
  const signs = Float32Array.from({ length: ROTARY }, (_, i) => (i % 2 ? 1 : -1));
  return {
    cos: angle.cos(),
    sin: angle.sin().mul(g.constant('pair_signs', signs)),
    bias: distanceBias(b, index),
  };
}

function frequencies(g: Graph): Value {
  const values = Float32Array.from({ length: ROTARY }, (_, i) => 10000 ** ((-2 * (i >> 1)) / ROTARY));
  return g.constant('rotary_frequencies', values, [1, ROTARY]);
}

/** Distances at which buckets 8 to 15 begin; below 8, every distance is its own. */
const BUCKET_STARTS = [8, 12, 16, 23, 32, 46, 64, 91];
/** No distance beyond has another bucket. */
const FAR = 91;
const BUCKETS = 32;

/** The bucket of a token that lies `relative` tokens after the one that looks. */
function bucketOf(relative: number): number {
  const distance = Math.abs(relative);
  const near = distance < 8 ? distance : 7 + BUCKET_STARTS.filter((start) => start <= distance).length;
  return relative > 0 ? BUCKETS / 2 + near : near;
}

/** T5's relative bias, bidirectional, one table for all layers; the table is laid out by distance when it is written. */
function distanceBias({ g, weights }: Build, index: Value): Value {
  const key = 'time_rel_pos_bias.relative_attention_bias.weight';
  const table = parameter(weights, key, [BUCKETS, HEADS]);
  const byDistance = g.lazy(key, [2 * FAR + 1, HEADS], () => {
    const rows = table.read();
    return Float32Array.from({ length: (2 * FAR + 1) * HEADS }, (_, i) => {
      const bucket = bucketOf(Math.floor(i / HEADS) - FAR);
      return rows[bucket * HEADS + (i % HEADS)]!;
    });
  });
  const relative = index.unsqueeze(0).sub(index.unsqueeze(1));
  const near = g.op('Clip', [relative, g.ints(-FAR), g.ints(FAR)]);
  return g.op('Gather', [byDistance, near.add(g.ints(FAR))]).transpose(2, 0, 1);
}

/** x + proj(softmax(q k' + bias) v) of the normalised tokens, [1, m, 768]. */
export function attention(b: Build, key: string, x: Value, positions: Positions): Value {
  const input = tokenNorm(b, `${key}.norm`, x);
  const all = linear(b, `${key}.fn.to_qkv`, input, { from: TOKEN, to: 3 * TOKEN, bias: false });
  const [q, k, v] = b.g.split(all, 2, [TOKEN, TOKEN, TOKEN]).map(byHead) as [Value, Value, Value];
  const query = rotated(b.g, q.mul(HEAD ** -0.5), positions);
  const scores = query.matmul(rotated(b.g, k, positions).transpose(0, 1, 3, 2)).add(positions.bias);
  const mixed = scores.softmax(-1).matmul(v).transpose(0, 2, 1, 3).reshape(1, -1, TOKEN);
  return linear(b, `${key}.fn.proj`, mixed, { from: TOKEN, to: TOKEN }).add(x);
}

/** [1, m, 768] to [1, 12, m, 64]. */
const byHead = (x: Value) => x.reshape(1, -1, HEADS, HEAD).transpose(0, 2, 1, 3);

const PARTNERS = Array.from({ length: ROTARY }, (_, i) => i ^ 1);

/** Turns pairs of numbers by the angle of the token's position. */
function rotated(g: Graph, x: Value, { cos, sin }: Positions): Value {
  const [turning, rest] = g.split(x, 3, [ROTARY, HEAD - ROTARY]) as [Value, Value];
  return g.concat(3, [turning.mul(cos).add(turning.gather(3, PARTNERS).mul(sin)), rest]);
}
