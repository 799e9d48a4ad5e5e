import { integersOf, numbersOf } from '../../onnx/index.js';
import { floatOf, intOf, intsOf } from '../attributes.js';
import type { Pass, PassContext } from '../pass.js';
import {
  any,
  type Found,
  integers,
  layerNorm,
  named,
  numbers,
  op,
  type Pattern,
  weight,
} from '../pattern.js';
import { addTokenLayers, laidOutMatrix, tokensBehind } from '../token-layers.js';

/**
 * Attention over tokens: x + proj(softmax(q k' + distance) v) of the normalised x, with rotary turns of the first numbers of each head
 * by the token's position, and a bias by the distance of two tokens.
 */
export const tokenAttention: Pass = {
  name: 'token-attention',
  async run(context) {
    let found = 0;
    for (const node of context.graph.sorted()) {
      const match = node.type === 'Add' && ATTENTION(context.graph, node.outputs[0]!, new Map());
      const lowered = match && lower(context, match);
      if (!lowered) continue;
      context.graph.replace(node.outputs[0]!, lowered);
      found++;
    }
    return found;
  },
};

const is =
  (...wanted: number[]) =>
  (values: readonly number[]) =>
    values.join() === wanted.join();
const permutation = (...perm: number[]) => ({
  test: (node: Parameters<typeof intsOf>[0]) => is(...perm)(intsOf(node, 'perm') ?? []),
});
const axis = (wanted: number, output = 0) => ({
  output,
  test: (node: Parameters<typeof intOf>[0]) => intOf(node, 'axis', 0) === wanted,
});

// Positions 0 .. m - 1.
const counted = op('Gather', [op('Shape', [any('tokens')]), integers(is(1))], axis(0));
const index = named('index', op('Range', [integers(is(0)), counted, integers(is(1))]));
const angle = op('Mul', [op('Unsqueeze', [op('Cast', [index]), integers(is(1))]), weight('frequencies', 2)]);
const alternates = (signs: readonly number[]) => signs.every((sign, i) => sign === (i % 2 ? 1 : -1));
const cos = named('cos', op('Cos', [angle]));
const sin = named('sin', op('Mul', [op('Sin', [angle]), numbers(alternates)]));

// The bias of the scores by the distance of key and query.
const relative = op('Sub', [
  op('Unsqueeze', [index, integers(is(0))]),
  op('Unsqueeze', [index, integers(is(1))]),
]);
const near = op('Clip', [relative, integers(() => true, 'nearest'), integers(() => true, 'farthest')]);
const row = op('Add', [near, integers(() => true, 'shift')]);
const distances = op(
  'Transpose',
  [op('Gather', [weight('distances', 2), row], axis(0))],
  permutation(2, 0, 1),
);

const input = layerNorm(any('x'), 'norm');
const qkv = named('qkv', op('MatMul', [input, weight('to_qkv', 2)]));

/** Part `output` of q, k, v, [1, heads, m, size]. */
function byHead(output: number): Pattern {
  const part = op('Split', [qkv, integers(() => true, 'thirds')], axis(2, output));
  const heads = op('Reshape', [part, integers((shape) => shape.length === 4, 'heads')]);
  return op('Transpose', [heads], permutation(0, 2, 1, 3));
}

/** Rotates pairs of numbers; `name` matches the input of the rotation. */
function rotated(x: Pattern, name: string): Pattern {
  const parts = (output: number) =>
    op('Split', [named(name, x), integers((all) => all.length === 2, 'turning')], axis(3, output));
  const swaps = (order: readonly number[]) => order.every((partner, i) => partner === (i ^ 1));
  const partner = op('Gather', [parts(0), integers(swaps, 'partners')], axis(3));
  const turned = op('Add', [op('Mul', [parts(0), cos]), op('Mul', [partner, sin])]);
  return op('Concat', [turned, parts(1)], axis(3));
}

const query = rotated(op('Mul', [byHead(0), numbers((all) => all.length === 1, 'scale')]), 'query');
const key = op('Transpose', [rotated(byHead(1), 'key')], permutation(0, 1, 3, 2));
const scores = op('Add', [op('MatMul', [query, key]), distances]);
const weights = op('Softmax', [scores], { test: (node) => [-1, 3].includes(intOf(node, 'axis', -1)) });
const mixed = op('Transpose', [op('MatMul', [weights, byHead(2)])], permutation(0, 2, 1, 3));
const flat = op('Reshape', [mixed, integers((shape) => shape.length === 3, 'flat')]);
const projected = op('Add', [op('MatMul', [flat, weight('proj', 2)]), weight('bias', 1)]);
const ATTENTION = op('Add', [projected, any('x')]);

function lower(context: PassContext, match: Found): string | undefined {
  const { graph } = context;
  const name = (key: string) => match.get(key)!;
  const width = graph.constants.get(name('proj'))!.dims![1]!;
  const heads = integersOf(graph.constants.get(name('heads')))![2]!;
  if (
    !fits(context, match, width, heads) ||
    tokensBehind(context, name('x')) !== tokensBehind(context, name('tokens'))
  )
    return undefined;
  const inputs = [
    ...['distances', 'frequencies', 'norm.gamma', 'norm.beta'].map(name),
    laidOutMatrix(context, name('to_qkv')),
    laidOutMatrix(context, name('proj')),
    name('bias'),
  ];
  const epsilon = floatOf(graph.producer(name('norm'))!, 'epsilon', 1e-5);
  return addTokenLayers(context, name('x'), [{ kind: 'attention', width, inputs }], { epsilon, heads });
}

/** Whether the sizes match adjacent heads with rotated pairs, and a bias of one row for each distance. */
function fits({ graph }: PassContext, match: Found, width: number, heads: number): boolean {
  const dims = (key: string) => graph.constants.get(match.get(key)!)!.dims!.join();
  const ints = (key: string) => integersOf(graph.constants.get(match.get(key)!))!.join();
  const [far] = integersOf(graph.constants.get(match.get('farthest')!)) as [number];
  const turning = integersOf(graph.constants.get(match.get('partners')!))!.length;
  const [scale] = numbersOf(graph.constants.get(match.get('scale')!)) as [number];
  const size = width / heads;
  return (
    size % 32 === 0 &&
    Math.abs(scale * Math.sqrt(size) - 1) < 1e-6 &&
    dims('to_qkv') === `${width},${3 * width}` &&
    dims('proj') === `${width},${width}` &&
    dims('distances') === `${2 * far + 1},${heads}` &&
    dims('frequencies') === `1,${turning}` &&
    ints('heads') === `1,-1,${heads},${size}` &&
    ints('flat') === `1,-1,${width}` &&
    ints('thirds') === [width, width, width].join() &&
    ints('turning') === `${turning},${size - turning}` &&
    ints('nearest') === `${-far}` &&
    ints('shift') === `${far}`
  );
}
