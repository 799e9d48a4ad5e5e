import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { native } from '../dist/binding.js';
import { buildFaces } from '../dist/face/build.js';
import { openFaces } from '../dist/face/manifest.js';
import { permuted, slide, TfConversion } from '../dist/face/tfjs/convert.js';
import { readTfModel, type TfModel, type TfNode, type TfWeight } from '../dist/face/tfjs/model.js';
import { Graph, halfFromFloat } from '../dist/packs/onnx/index.js';

/** A picture as TensorFlow keeps it: [h, w, c]. */
interface Maps {
  h: number;
  w: number;
  c: number;
  data: number[];
}

/** Values that differ everywhere, of both signs, exact in float16. */
function wave(count: number, seed: number): number[] {
  return Array.from({ length: count }, (_, i) => (((i * 37 + seed * 11) % 64) - 31) / 32);
}

function maps(h: number, w: number, c: number, value: (y: number, x: number, k: number) => number): Maps {
  const data: number[] = [];
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) for (let k = 0; k < c; k++) data.push(value(y, x, k));
  return { h, w, c, data };
}

function at({ h, w, c, data }: Maps, y: number, x: number, k: number): number | undefined {
  return y >= 0 && x >= 0 && y < h && x < w ? data[(y * w + x) * c + k] : undefined;
}

/** Slides a 2-D window as TensorFlow does with SAME: the odd element of padding comes last. */
function sliding(
  input: Maps,
  size: number,
  stride: number,
  outputs: number,
  reduce: (taps: { dy: number; dx: number; y: number; x: number }[], k: number) => number,
): Maps {
  const [h, w] = [Math.ceil(input.h / stride), Math.ceil(input.w / stride)];
  const before = (length: number, wanted: number) =>
    Math.floor(Math.max((wanted - 1) * stride + size - length, 0) / 2);
  const [top, left] = [before(input.h, h), before(input.w, w)];
  return maps(h, w, outputs, (oy, ox, k) => {
    const taps = Array.from({ length: size * size }, (_, i) => ({ dy: Math.floor(i / size), dx: i % size }));
    return reduce(
      taps.map((tap) => ({ ...tap, y: oy * stride - top + tap.dy, x: ox * stride - left + tap.dx })),
      k,
    );
  });
}

const text = (value: string) => Buffer.from(value).toString('base64');
const list = (values: number[]) => ({ list: { i: values.map(String) } });
const weight = (shape: number[], seed: number, half = false): TfWeight => ({
  shape,
  data: Float32Array.from(
    wave(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
  ),
  half,
});
const whole = (values: number[], shape = [values.length]): TfWeight => ({
  shape,
  data: Int32Array.from(values),
  half: false,
});

function model(nodes: TfNode[], weights: Record<string, TfWeight>): TfModel {
  return {
    nodes: new Map(nodes.map((node) => [node.name, node])),
    weights: new Map(Object.entries(weights)),
  };
}

const placeholder = (h: number, w: number, c: number): TfNode => ({
  name: 'x',
  op: 'Placeholder',
  attr: { shape: { shape: { dim: [-1, h, w, c].map((size) => ({ size: String(size) })) } } } as never,
});

/** Converts, runs on the engine and gives the output in TensorFlow's layout. */
async function run(t: Test, tf: TfModel, output: string, input: Maps): Promise<Float32Array> {
  const graph = new Graph('test');
  const { value, shape } = new TfConversion(graph, tf).output(output);
  graph.output('y', value, 'float32', shape);
  const file = join(t.testdir(), 'test.onnx');
  writeFileSync(file, graph.toBytes());
  const session = await native().openSession(file, { threads: 1 });
  t.teardown(() => session.close());
  const planes = new Float32Array(input.data.length);
  for (let i = 0; i < input.h * input.w; i++)
    for (let k = 0; k < input.c; k++) planes[k * input.h * input.w + i] = input.data[i * input.c + k]!;
  const { y } = await session.run({ x: { dims: [1, input.c, input.h, input.w], data: planes } });
  return y!.data as Float32Array;
}

function same(t: Test, found: Float32Array, wanted: readonly number[], what: string) {
  const off = wanted.map((value, i) => Math.abs(value - (found[i] ?? Infinity)));
  t.ok(found.length === wanted.length && Math.max(...off) < 1e-5, `${what}: off by ${Math.max(...off)}`);
}

const input = maps(6, 7, 2, (y, x, k) => wave(1, y * 14 + x * 2 + k)[0]!);

t.test('fused convolution with stride 2, bias and PReLU, float16 weights', async (t) => {
  const weights = {
    f: weight([3, 3, 2, 3], 1, true),
    b: weight([3], 2, true),
    s: weight([1, 1, 3], 3, true),
  };
  const attr = {
    strides: list([1, 2, 2, 1]),
    dilations: list([1, 1, 1, 1]),
    padding: { s: text('SAME') },
    fused_ops: { list: { s: [text('BiasAdd'), text('Prelu')] } },
  };
  const node = { name: 'y', op: '_FusedConv2D', input: ['x', 'f', 'b', 's'], attr };
  const wanted = sliding(input, 3, 2, 3, (taps, k) => {
    let sum = weights.b.data[k]!;
    for (const { dy, dx, y, x } of taps)
      for (let c = 0; c < 2; c++)
        sum += (at(input, y, x, c) ?? 0) * weights.f.data[((dy * 3 + dx) * 2 + c) * 3 + k]!;
    return sum < 0 ? sum * weights.s.data[k]! : sum;
  });
  same(t, await run(t, model([placeholder(6, 7, 2), node], weights), 'y', input), wanted.data, 'convolution');
});

t.test('depthwise convolution with two filters a channel', async (t) => {
  const weights = { f: weight([3, 3, 2, 2], 5) };
  const attr = { strides: list([1, 2, 2, 1]), padding: { s: text('SAME') } };
  const node = { name: 'y', op: 'DepthwiseConv2dNative', input: ['x', 'f'], attr };
  const wanted = sliding(input, 3, 2, 4, (taps, k) => {
    const [c, m] = [k >> 1, k & 1];
    return taps.reduce(
      (sum, { dy, dx, y, x }) =>
        sum + (at(input, y, x, c) ?? 0) * weights.f.data[((dy * 3 + dx) * 2 + c) * 2 + m]!,
      0,
    );
  });
  same(t, await run(t, model([placeholder(6, 7, 2), node], weights), 'y', input), wanted.data, 'depthwise');
});

t.test('pooling, channel padding, sum, activations and reshape back to rows of channels', async (t) => {
  const weights = {
    p: whole([0, 0, 0, 0, 0, 0, 1, 2], [4, 2]),
    n: whole([1, -1, 5]),
    s: weight([1, 1, 5], 4),
  };
  const pool = { strides: list([1, 2, 2, 1]), ksize: list([1, 2, 2, 1]), padding: { s: text('SAME') } };
  const nodes: TfNode[] = [
    placeholder(6, 7, 2),
    { name: 'pool', op: 'MaxPool', input: ['x:0'], attr: pool },
    { name: 'pad', op: 'Pad', input: ['pool', 'p'] },
    { name: 'relu', op: 'Relu', input: ['pad'] },
    { name: 'sum', op: 'AddV2', input: ['pad', 'relu'] },
    { name: 'prelu', op: 'Prelu', input: ['sum', 's'] },
    { name: 'sigmoid', op: 'Sigmoid', input: ['prelu'] },
    { name: 'rows', op: 'Reshape', input: ['sigmoid', 'n'] },
    { name: 'y', op: 'Identity', input: ['rows'] },
  ];
  const wanted = sliding(input, 2, 2, 5, (taps, k) => {
    const inside = taps.flatMap(({ y, x }) => (k >= 1 && k < 3 ? (at(input, y, x, k - 1) ?? []) : []));
    const pooled = inside.length ? Math.max(...inside) : 0;
    const sum = pooled + Math.max(pooled, 0);
    return 1 / (1 + Math.exp(-(sum < 0 ? sum * weights.s.data[k]! : sum)));
  });
  same(t, await run(t, model(nodes, weights), 'y', input), wanted.data, 'chain');
});

t.test('padding and permutation', async (t) => {
  t.same(slide(256, 3, 2, 1, 'SAME'), { length: 128, before: 0, after: 1 });
  t.same(slide(7, 3, 2, 1, 'SAME'), { length: 4, before: 1, after: 1 });
  t.same(slide(8, 5, 1, 1, 'SAME'), { length: 8, before: 2, after: 2 });
  t.same(slide(8, 3, 2, 1, 'VALID'), { length: 3, before: 0, after: 0 });
  t.throws(() => slide(8, 3, 2, 1, 'EXPLICIT'), /SAME or VALID/);
  t.same([...permuted(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], [1, 0])], [1, 4, 2, 5, 3, 6]);
});

t.test('reading a model: types, shards and lengths', async (t) => {
  const entries = [
    { name: 'a', shape: [2], dtype: 'float32' },
    { name: 'h', shape: [2], dtype: 'float32', quantization: { dtype: 'float16' } },
    { name: 'i', shape: [1], dtype: 'int32' },
  ];
  const bytes = Buffer.alloc(16);
  bytes.writeFloatLE(1.25, 0);
  bytes.writeFloatLE(-2, 4);
  bytes.writeUInt16LE(halfFromFloat(0.5), 8);
  bytes.writeUInt16LE(halfFromFloat(-3), 10);
  bytes.writeInt32LE(-7, 12);
  const json = (paths: string[]) =>
    JSON.stringify({ modelTopology: { node: [] }, weightsManifest: [{ paths, weights: entries }] });
  const folder = t.testdir({ 'm.json': json(['1.bin', '2.bin']), 'short.json': json(['1.bin']) });
  writeFileSync(join(folder, '1.bin'), bytes.subarray(0, 9));
  writeFileSync(join(folder, '2.bin'), bytes.subarray(9));
  const { weights } = readTfModel(join(folder, 'm.json'));
  t.same([...weights.get('a')!.data], [1.25, -2]);
  t.same([...weights.get('h')!.data, weights.get('h')!.half], [0.5, -3, true]);
  t.same([...weights.get('i')!.data], [-7]);
  t.throws(() => readTfModel(join(folder, 'short.json')));
});

t.test('operators and weights that are not there', async (t) => {
  const convert = (node: TfNode, weights = {}) =>
    new TfConversion(new Graph('test'), model([placeholder(4, 4, 1), node], weights)).output('y');
  t.throws(() => convert({ name: 'y', op: 'Einsum', input: ['x'] }), /received Einsum/);
  t.throws(() => convert({ name: 'y', op: 'Relu', input: ['z'] }), /for z but received undefined/);
  t.throws(() => convert({ name: 'y', op: 'Prelu', input: ['x', 'w'] }), /constant for input 1 of y/);
});

t.test('the networks that ship', async (t) => {
  const [one, two] = [join(t.testdir(), 'one'), join(t.testdir(), 'two')];
  await buildFaces(one);
  await buildFaces(two);
  const files = await openFaces(one);
  const again = await openFaces(two);
  t.ok(readFileSync(files.mesh).equals(readFileSync(again.mesh)), 'the same bytes every time');
  t.ok(readFileSync(files.mesh).length < 1_300_000, 'the mesh stays float16');
  t.match(readFileSync(join(one, 'LICENCE.txt'), 'utf8'), /Apache License[\s\S]*MIT License/);
  const shape = async (file: string) => {
    const session = await native().openSession(file, { threads: 1 });
    const result = [...session.inputs, ...session.outputs].map(({ name, dims }) => [name, ...dims]);
    await session.close();
    return result;
  };
  t.same(await shape(files.detector), [
    ['input', 1, 3, 256, 256],
    ['scores', 896],
    ['boxes', 896, 16],
  ]);
  t.same(await shape(files.mesh), [
    ['input_1', 1, 3, 192, 192],
    ['points', 468, 3],
    ['presence', 1],
  ]);
});
