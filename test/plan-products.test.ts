// Products and attentions in plans, on graphs with lengths that divide by nothing, against ONNX Runtime.
import t from 'tap';
import type { Value } from '../dist/packs/onnx/index.js';
import { checkPlanned, constant, type PlannedCase } from './support/planned-case.js';

const PRODUCTS: PlannedCase[] = [
  {
    name: 'a product of transposed matrices',
    inputs: { x: [9, 5], y: [7, 9] },
    build: (_, { x, y }) => x!.transpose(1, 0).matmul(y!.transpose(1, 0)),
    dims: [5, 7],
    kinds: ['product'],
  },
  {
    name: 'products in batches, one side the same for all',
    inputs: { x: [2, 3, 5, 9], y: [3, 9, 7] },
    build: (_, { x, y }) => x!.matmul(y!),
    dims: [2, 3, 5, 7],
    kinds: ['product'],
  },
  {
    name: 'a product and a bias in one operator',
    inputs: { x: [4, 9] },
    build: (g, { x }) =>
      g.op('Gemm', [x, constant(g, 'w', [7, 9]), constant(g, 'b', [7], 3)], { transB: 1 }).relu(),
    dims: [4, 7],
    kinds: ['product', 'map'],
  },
  {
    name: 'the same, scaled, transposed and without bias',
    inputs: { x: [9, 4], y: [4, 1] },
    build: (g, { x, y }) => {
      const scaled = { transA: 1, alpha: 0.5, beta: 3 };
      const first = g.op('Gemm', [x, constant(g, 'w', [9, 7]), y], scaled);
      return g.op('Gemm', [first, constant(g, 'v', [7, 2])]);
    },
    dims: [4, 2],
    kinds: ['product', 'map', 'map', 'product'],
  },
  {
    name: 'a vector times a matrix',
    inputs: { x: [9], y: [2, 9, 7] },
    build: (_, { x, y }) => x!.matmul(y!),
    dims: [2, 7],
    kinds: ['product'],
  },
];

/** The scores and the rows of heads, of other lengths each. */
const ATTENTION_INPUTS = { q: [1, 19, 3, 30], k: [1, 35, 3, 30], v: [1, 35, 3, 21] };
type Tensors = Record<string, Value>;
const byHead = (x: Value | undefined) => x!.transpose(0, 2, 1, 3);
const scoresOf = ({ q, k }: Tensors) => byHead(q).matmul(k!.transpose(0, 2, 3, 1));
const ATTENTION_DIMS = [1, 3, 19, 21];
const ALONE = ['product', 'softmax', 'product'];

const ATTENTIONS: PlannedCase[] = [
  {
    name: 'attention of heads, joined again, is one operation',
    inputs: ATTENTION_INPUTS,
    build: (_, all) => byHead(scoresOf(all).softmax(-1).matmul(byHead(all.v))).reshape(1, 19, 63),
    dims: [1, 19, 63],
    kinds: ['attention', 'copy'],
  },
  {
    name: 'attention with a bias of each head on the left, whose result is needed twice',
    inputs: { ...ATTENTION_INPUTS, b: [3, 19, 35] },
    build(_, all) {
      const mixed = all.b!.add(scoresOf(all)).softmax(3).matmul(byHead(all.v));
      return byHead(mixed).transpose(0, 2, 1, 3).add(mixed.sin());
    },
    dims: ATTENTION_DIMS,
    kinds: ['attention', 'map'],
  },
  {
    name: 'attention with a row for a bias, of matrices without heads',
    inputs: { q: [5, 64], k: [64, 512], v: [512, 64], b: [512] },
    build: (_, { q, k, v, b }) => q!.matmul(k!).add(b!).softmax(-1).matmul(v!),
    dims: [5, 64],
    kinds: ['attention'],
    tolerance: 1e-5, // the scores are large, and their exponentials show the last bits of long sums
  },
  {
    name: 'keys of which a block cannot keep the scores',
    inputs: { q: [3, 8], k: [8, 513], v: [513, 4] },
    build: (_, { q, k, v }) => q!.matmul(k!).softmax(-1).matmul(v!),
    dims: [3, 4],
    kinds: ALONE,
  },
  {
    name: 'rows that are longer than those of a block',
    inputs: { q: [3, 65], k: [65, 5], v: [5, 4] },
    build: (_, { q, k, v }) => q!.matmul(k!).softmax(-1).matmul(v!),
    dims: [3, 4],
    kinds: ALONE,
  },
  {
    name: 'scores that something else needs',
    inputs: ATTENTION_INPUTS,
    build(_, all) {
      const scores = scoresOf(all);
      return scores
        .softmax(-1)
        .matmul(byHead(all.v))
        .add(scores.sum([3], true));
    },
    dims: ATTENTION_DIMS,
    kinds: ['product', 'softmax', 'product', 'reduce', 'map'],
  },
  {
    name: 'a softmax along the queries',
    inputs: { q: [3, 8], k: [8, 5], v: [5, 4] },
    build: (_, { q, k, v }) => q!.matmul(k!).softmax(0).matmul(v!),
    dims: [3, 4],
    kinds: ALONE,
  },
  {
    name: 'a bias that repeats the scores',
    inputs: { q: [3, 8], k: [8, 5], v: [5, 4], b: [2, 1, 5] },
    build: (_, { q, k, v, b }) => q!.matmul(k!).add(b!).softmax(-1).matmul(v!),
    dims: [2, 3, 4],
    kinds: ['product', 'map', 'softmax', 'product'],
  },
];

for (const [group, cases] of Object.entries({ PRODUCTS, ATTENTIONS }))
  t.test(group.toLowerCase(), async (t) => {
    for (const each of cases) await checkPlanned(t, each);
  });
