import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { floatFromHalf } from '../onnx/half.js';
import type { Graph, Value } from '../onnx/index.js';
import { CLASSES, CURVES } from '../visemes.js';
import { type DenseMatrix, matrix, range } from './linalg.js';

const BINS = 80;
const COLUMNS = 16;
const WIDTH = 80;
const OUTPUTS = CLASSES.length + CURVES.length;

/** Taps of the four convolutions over time. The first steps over every second column. */
const TAPS = [4, 3, 3, 3];

/** The float16 weights: for each layer [outputs, inputs, taps], then its bias. `training/visemes` makes the file. */
export const WEIGHTS = fileURLToPath(new URL('../../../lib/packs/puppet/visemes.weights', import.meta.url));

interface Layer {
  /** [taps * inputs, outputs], the inputs of the first tap first. */
  weight: DenseMatrix;
  bias: Float32Array;
}

/**
 * The trained part of the pack: what the mouth does in a mel window [n, 1, 80, 16], as [n, 21]: the six {@link CURVES}, then the
 * chances of the fifteen {@link CLASSES}.
 */
export function visemes(g: Graph, mel: Value): Value {
  const [first, ...others] = layers();
  const output = others.pop()!;
  const columns = mel.reshape(-1, BINS, COLUMNS).mul(0.5).transpose(0, 2, 1);
  const pairs = columns.reshape(-1, COLUMNS / 2, 2 * BINS);
  let course = applied(g, 'first', first!, neighbours(g, pairs, COLUMNS / 2, 2)).relu();
  let length = COLUMNS / 2 - 1;
  for (const [i, layer] of others.entries()) {
    course = applied(g, `middle${i}`, layer, neighbours(g, course, length, 3)).relu();
    length -= 2;
  }
  const [chances, curves] = g.split(applied(g, 'output', output, course.reshape(-1, WIDTH)), 1, [
    CLASSES.length,
    CURVES.length,
  ]) as [Value, Value];
  return g.concat(1, [curves, chances.softmax(1)]);
}

/** Every `count` neighbours of a course [n, length, size] side by side: [n, length - count + 1, count * size]. */
function neighbours(g: Graph, course: Value, length: number, count: number): Value {
  return g.concat(
    2,
    range(0, count).map((i) => course.slice(1, i, length - count + 1 + i)),
  );
}

function applied(g: Graph, name: string, { weight, bias }: Layer, x: Value): Value {
  const dims = [weight.length, weight[0]!.length];
  const half = { store: 'float16' } as const;
  return x
    .matmul(g.constant(`${name}_weight`, Float32Array.from(weight.flat()), dims, half))
    .add(g.constant(`${name}_bias`, bias, [bias.length], half));
}

function layers(): Layer[] {
  const halves = new Uint16Array(Uint8Array.from(readFileSync(WEIGHTS)).buffer);
  let at = 0;
  const take = (count: number) => {
    at += count;
    return Float32Array.from(halves.subarray(at - count, at), floatFromHalf);
  };
  return [...TAPS.map((taps) => [WIDTH, taps] as const), [OUTPUTS, 1] as const].map(([outputs, taps]) => {
    const values = take(outputs * WIDTH * taps);
    const weight = matrix(taps * WIDTH, outputs, (row, output) => {
      const [tap, input] = [Math.floor(row / WIDTH), row % WIDTH];
      return values[(output * WIDTH + input) * taps + tap]!;
    });
    return { weight, bias: take(outputs) };
  });
}
