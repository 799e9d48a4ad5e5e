import type { Graph, Value } from '../onnx/index.js';
import { type DenoiserShape, HEAD, headsOf, RELEASED, turningOf } from './denoiser-shape.js';
import { type Build, layerNorm, linear } from './layers.js';
import { parameter } from './parameters.js';

/** Layer normalisation over a token of `dim` numbers, with the names and shapes of the denoiser's checkpoint. */
export function tokenNorm(b: Build, key: string, x: Value, dim: number): Value {
  return layerNorm(b, key, x, { size: dim, epsilon: 1e-5, names: ['gamma', 'beta'], shape: [1, 1, dim] });
}

/** Tensors that all attention layers share; m is the number of tokens, including the prefix. */
export interface Positions {
  /** Undefined if queries and keys are not rotated. */
  turns: Turns | undefined;
  /** Added to the scores of each head, [heads, m, m]; undefined if nothing is added. */
  bias: Value | undefined;
}

/** The rotation of `count` numbers of a head by the position of the token. */
interface Turns {
  count: number;
  /** Cosines of the rotary angles, [m, count], and their sines, negative for the first number of a pair. */
  cos: Value;
  sin: Value;
}

/** Computes the tensors that depend only on the number of tokens of x [1, m, ...]. */
export function positionsOf(b: Build, x: Value, shape = RELEASED): Positions {
  const { g } = b;
  const count = g.op('Gather', [g.op('Shape', [x]), g.ints(1)]);
  const index = g.op('Range', [g.ints(0), count, g.ints(1)]);
  return {
    turns: turningOf(shape) > 0 ? turnsOf(g, index, turningOf(shape)) : undefined,
    bias: shape.bias === 'full' ? distanceBias(b, index, headsOf(shape)) : undefined,
  };
}

function turnsOf(g: Graph, index: Value, count: number): Turns {
  const angle = index.cast(1).unsqueeze(1).mul(frequencies(g, count));
  const signs = Float32Array.from({ length: count }, (_, i) => (i % 2 ? 1 : -1));
  return { count, cos: angle.cos(), sin: angle.sin().mul(g.constant('pair_signs', signs)) };
}

function frequencies(g: Graph, count: number): Value {
  const values = Float32Array.from({ length: count }, (_, i) => 10000 ** ((-2 * (i >> 1)) / count));
  return g.constant('rotary_frequencies', values, [1, count]);
}

/** Distances at which buckets 8 to 15 begin; below 8, every distance has its own bucket. */
const BUCKET_STARTS = [8, 12, 16, 23, 32, 46, 64, 91];
/** All larger distances are in the last bucket. */
const FAR = 91;
const BUCKETS = 32;

/** The bucket of a key `relative` tokens after the query. */
function bucketOf(relative: number): number {
  const distance = Math.abs(relative);
  const near = distance < 8 ? distance : 7 + BUCKET_STARTS.filter((start) => start <= distance).length;
  return relative > 0 ? BUCKETS / 2 + near : near;
}

/** T5's bidirectional relative bias, one table for all layers. Writing the graph rearranges the table by distance. */
function distanceBias({ g, weights }: Build, index: Value, heads: number): Value {
  const key = 'time_rel_pos_bias.relative_attention_bias.weight';
  const table = parameter(weights, key, [BUCKETS, heads]);
  const byDistance = g.lazy(key, [2 * FAR + 1, heads], () => {
    const rows = table.read();
    return Float32Array.from({ length: (2 * FAR + 1) * heads }, (_, i) => {
      const bucket = bucketOf(Math.floor(i / heads) - FAR);
      return rows[bucket * heads + (i % heads)]!;
    });
  });
  const relative = index.unsqueeze(0).sub(index.unsqueeze(1));
  const near = g.op('Clip', [relative, g.ints(-FAR), g.ints(FAR)]);
  return g.op('Gather', [byDistance, near.add(g.ints(FAR))]).transpose(2, 0, 1);
}

/** x + proj(softmax(q k' + bias) v), with q, k and v of the normalised tokens, [1, m, dim]. */
export function attention(
  b: Build,
  key: string,
  x: Value,
  { turns, bias }: Positions,
  shape: DenoiserShape = RELEASED,
): Value {
  const { dim } = shape;
  const input = tokenNorm(b, `${key}.norm`, x, dim);
  const all = linear(b, `${key}.fn.to_qkv`, input, { from: dim, to: 3 * dim, bias: false });
  const parts = b.g.split(all, 2, [dim, dim, dim]);
  const [q, k, v] = parts.map((part) => byHead(part, headsOf(shape))) as [Value, Value, Value];
  const query = rotated(b.g, q.mul(HEAD ** -0.5), turns);
  const products = query.matmul(rotated(b.g, k, turns).transpose(0, 1, 3, 2));
  const scores = bias ? products.add(bias) : products;
  const mixed = scores.softmax(-1).matmul(v).transpose(0, 2, 1, 3).reshape(1, -1, dim);
  return linear(b, `${key}.fn.proj`, mixed, { from: dim, to: dim }).add(x);
}

/** Reshapes [1, m, dim] to [1, heads, m, 64]. */
const byHead = (x: Value, heads: number) => x.reshape(1, -1, heads, HEAD).transpose(0, 2, 1, 3);

/** Rotates pairs of numbers by the angle of the token's position. */
function rotated(g: Graph, x: Value, turns: Turns | undefined): Value {
  if (!turns) return x;
  const { count, cos, sin } = turns;
  const partners = Array.from({ length: count }, (_, i) => i ^ 1);
  const [turning, rest] = g.split(x, 3, [count, HEAD - count]) as [Value, Value];
  return g.concat(3, [turning.mul(cos).add(turning.gather(3, partners).mul(sin)), rest]);
}
