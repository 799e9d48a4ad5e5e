import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { EditableGraph, floatFromHalf, Graph, halfFromFloat, readModel } from '../dist/packs/onnx/index.js';
import { decodeModel, encodeModel } from '../dist/packs/onnx/proto.js';
import { close } from './support/close.js';
import { filled, numbers, openBuilt, openGraph } from './support/graphs.js';

function example(): Graph {
  const g = new Graph('example', { description: 'for tests' });
  const x = g.input('x', 'float32', ['n', 4]);
  const weights = g.constant('weights', Float32Array.of(1, 2, 3, 4));
  const [left, right] = g.split(x.mul(weights), 1, [2, 2]);
  g.output('sum', left!.add(right!, 1).clip(-5, 5), 'float32', ['n', 2]);
  g.output('same', x, 'float32', ['n', 4]);
  return g;
}

t.test('a graph runs in ONNX Runtime and reads back', async (t) => {
  const run = await openBuilt(example());
  const { sum, same } = await run({ x: { dims: [2, 4], data: Float32Array.of(1, -1, 0.5, 2, 0, 0, 0, -3) } });
  close(t, numbers(sum), [3.5, 5, 1, -5], 0, 'sum');
  t.same(same?.dims, [2, 4], 'an input can be an output too');
  const info = readModel(example().toBytes());
  t.match(info, { name: 'example', producer: 'kdtalker', irVersion: 9, opset: 20 });
  t.same(info.inputs, [{ name: 'x', type: 'float32', dims: ['n', 4] }]);
  t.same(
    info.outputs.map((output) => output.name),
    ['sum', 'same'],
  );
  t.equal(info.operators.Split, 1);
});

t.test('equal calls give equal bytes and equal constants are stored once', async (t) => {
  t.same(example().toBytes(), example().toBytes());
  const g = new Graph('constants');
  const data = Float32Array.of(1, 2);
  const a = g.constant('a', data);
  data.fill(9);
  t.equal(g.constant('b', Float32Array.of(1, 2)), a, 'the array was copied, the constant is known');
  t.not(g.constant('a', Float32Array.of(1, 2), [2, 1]), a, 'another shape is another constant');
  t.throws(() => g.constant('c', Float32Array.of(1, 2), [3]), { name: 'RangeError' });
});

t.test('formulas compute what they say', async (t) => {
  const cases: [string, (x: number, y: number) => number][] = [
    ['1 - x * y + 2', (x, y) => 1 - x * y + 2],
    ['x - y - 1', (x, y) => x - y - 1],
    ['x / y / 2', (x, y) => x / y / 2],
    ['-x^2', (x) => -(x ** 2)],
    ['x^4 + abs(y)^1.5 + 2^3', (x, y) => x ** 4 + Math.abs(y) ** 1.5 + 8],
    ['2 * (x - -y)', (x, y) => 2 * (x + y)],
    [
      'min(x, y) + max(x, .5) * clip(y, -1, 1e-1)',
      (x, y) => Math.min(x, y) + Math.max(x, 0.5) * Math.min(Math.max(y, -1), 0.1),
    ],
    [
      'relu(x) + exp(y) + sqrt(4) + cos(x) + sin(y)',
      (x, y) => Math.max(x, 0) + Math.exp(y) + 2 + Math.cos(x) + Math.sin(y),
    ],
    ['tanh(x) / sigmoid(y)', (x, y) => Math.tanh(x) * (1 + Math.exp(-y))],
    ['3 / 4', () => 0.75],
  ];
  const points = [-1.5, -0.2, 0.7, 2].flatMap((x) => [-0.9, 0.3, 1.1].map((y) => [x, y] as const));
  for (const [text, expected] of cases) {
    const g = new Graph('formula');
    const [x, y] = [g.input('x', 'float32', ['n']), g.input('y', 'float32', ['n'])];
    g.output('out', g.formula(text, { x, y }).add(x.mul(0)), 'float32', ['n']);
    const column = (i: 0 | 1) => filled([points.length], (at) => points[at]![i]);
    // ONNX Runtime approximates exp, tanh and the like to a few units in the last place.
    const { out } = await (await openBuilt(g))({ x: column(0), y: column(1) });
    close(
      t,
      numbers(out),
      points.map(([a, b]) => expected(a, b)),
      1e-5,
      text,
    );
  }
});

t.test('malformed formulas are refused', async (t) => {
  const g = new Graph('formula');
  const x = g.input('x', 'float32', ['n']);
  for (const text of ['x +', '(x', 'x y', 'x $ 2', 'z', 'sqrt(x, x)', 'clip(x, 1)', ')', '', 'min(x)'])
    t.throws(() => g.formula(text, { x }), { name: 'SyntaxError' }, text);
});

t.test('attributes keep their kinds', async (t) => {
  const g = new Graph('attributes');
  const x = g.input('x', 'float32', [1, 1, 2, 2]);
  const leaky = g.op('LeakyRelu', [x], { alpha: 1 });
  const shape = g.op('ConstantOfShape', [g.ints([4])], { value: { data: Float32Array.of(2.5), dims: [1] } });
  const resized = leaky.resize(4, 4, {
    mode: 'nearest',
    nearest_mode: 'floor',
    coordinate_transformation_mode: 'asymmetric',
  });
  g.output('leaky', leaky, 'float32', [1, 1, 2, 2]);
  g.output('fill', shape, 'float32', [4]);
  g.output('resized', resized, 'float32', [1, 1, 4, 4]);
  const run = await openBuilt(g);
  const {
    leaky: l,
    fill,
    resized: r,
  } = await run({ x: { dims: [1, 1, 2, 2], data: Float32Array.of(1, -1, 2, -2) } });
  close(t, numbers(l), [1, -1, 2, -2], 0, 'a whole number as a float attribute');
  close(t, numbers(fill), [2.5, 2.5, 2.5, 2.5], 0, 'tensor attribute');
  close(t, numbers(r), [1, 1, -1, -1, 1, 1, -1, -1, 2, 2, -2, -2, 2, 2, -2, -2], 0, 'string attributes');
});

t.test('half precision constants take half the bytes and round to nearest even', async (t) => {
  const values = [
    0,
    -0,
    1,
    1 / 3,
    65504,
    65519,
    65520,
    1e9,
    6e-8,
    2 ** -14,
    2 ** -25,
    3 * 2 ** -25,
    -2.0009765625,
  ];
  const expected = [
    0,
    -0,
    1,
    0.333251953125,
    65504,
    65504,
    Infinity,
    Infinity,
    2 ** -24,
    2 ** -14,
    0,
    2 ** -23,
    -2,
  ];
  t.same(values.map(halfFromFloat).map(floatFromHalf), expected);
  t.ok(Number.isNaN(floatFromHalf(halfFromFloat(Number.NaN))));
  for (let half = 0; half < 0x7c00; half += 7)
    if (halfFromFloat(floatFromHalf(half)) !== half) t.fail(`${half}`);
  const g = new Graph('half');
  const x = g.input('x', 'float32', [2]);
  g.output('y', x.add(g.constant('w', Float32Array.of(1 / 3, 2), [2], { store: 'float16' })), 'float32', [2]);
  const { y } = await (await openBuilt(g))({ x: { dims: [2], data: Float32Array.of(0, 0) } });
  close(t, numbers(y), [0.333251953125, 2], 0, 'cast back to float32');
});

t.test('large constants can live in a second file', async (t) => {
  const g = new Graph('external');
  const x = g.input('x', 'float32', ['n', 64]);
  const big = g.constant(
    'big',
    Float32Array.from({ length: 4096 }, (_, i) => i % 7),
    [64, 64],
  );
  g.output('y', x.matmul(big).reshape(-1, 8, 8), 'float32', ['n', 8, 8]);
  const directory = mkdtempSync(join(tmpdir(), 'kdtalker-onnx-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const files = g.toFiles('model.onnx', 1024);
  t.same(
    files.map((file) => file.name),
    ['model.onnx', 'model.onnx.data'],
  );
  t.ok(files[0]!.bytes.byteLength < 1024);
  for (const file of files) writeFileSync(join(directory, file.name), file.bytes);
  const feeds = { x: filled([2, 64], (i) => i) };
  const whole = await (await openGraph(g.toBytes()))(feeds);
  const external = await (await openGraph(join(directory, 'model.onnx')))(feeds);
  t.same(external.y?.dims, [2, 8, 8]);
  close(t, numbers(external.y), numbers(whole.y), 0, 'the same numbers');
  t.equal(g.toFiles('model.onnx', 1 << 20).length, 1, 'small models stay in one file');
});

t.test('what is not a model is refused', async (t) => {
  t.throws(() => readModel(Buffer.from('this is text, not a model')));
  t.throws(() => readModel(new Uint8Array(0)));
  t.throws(() => readModel(example().toBytes().subarray(0, 40)));
});

t.test('a graph whose nodes need each other is refused', async (t) => {
  const g = new Graph('circle');
  const first = g.input('x', 'float32', [1]).relu();
  g.output('y', first.neg().abs(), 'float32', [1]);
  for (const [node, needed] of [
    [0, 'Relu:0'],
    [0, 'Neg:0'],
    [1, 'y'],
  ] as const) {
    const model = decodeModel(g.toBytes());
    model.graph.node[node]!.input[0] = needed;
    t.throws(() => EditableGraph.parse(encodeModel(model)), /without cycles but node '.*' depends on itself/);
  }
});
