import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { findDifference, TOLERANCE } from '../dist/packs/fingerprint/compare.js';
import { describeOutputs } from '../dist/packs/fingerprint/describe.js';
import { fingerprintInputs } from '../dist/packs/fingerprint/inputs.js';
import { takeFingerprint } from '../dist/packs/fingerprint/take.js';
import { Graph } from '../dist/packs/onnx/index.js';
import { decodeModel, encodeModel } from '../dist/packs/onnx/proto.js';
import { type Pack, type RoleName, readPack, rolesOf } from '../dist/packs/pack.js';
import { verifyGraphs, verifyPack } from '../dist/packs/verify.js';
import { run } from './support/cli.js';
import { temporaryFolder } from './support/networks.js';

const PROGRAM = fileURLToPath(new URL('programs/pack-without-engine.mjs', import.meta.url));

/** A copy of the puppet pack in which a role has another graph, with size and hash as they should be. */
async function withGraph(t: Test, role: RoleName, edit: (bytes: Uint8Array) => Uint8Array): Promise<Pack> {
  const { directory: from, file } = await readPack('puppet');
  const directory = temporaryFolder(t);
  cpSync(from, directory, { recursive: true });
  const bytes = edit(readFileSync(file(role)));
  const json = JSON.parse(readFileSync(join(directory, 'pack.json'), 'utf8'));
  const entry = json.roles[role];
  writeFileSync(join(directory, entry.file), bytes);
  entry.bytes = bytes.byteLength;
  entry.sha256 = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(join(directory, 'pack.json'), JSON.stringify(json));
  return readPack(directory);
}

/** Every stored float32 of a model times a factor. */
function scaled(bytes: Uint8Array, factor: number): Uint8Array {
  const model = decodeModel(bytes);
  for (const tensor of model.graph.initializer.filter(({ dataType }) => dataType === 1)) {
    const raw = Uint8Array.from(tensor.rawData!);
    const values = new Float32Array(raw.buffer);
    for (let i = 0; i < values.length; i++) values[i]! *= factor;
    tensor.rawData = raw;
  }
  return encodeModel(model);
}

t.test('every network of the built-in pack has a fingerprint, and gives it', async (t) => {
  const pack = await readPack('puppet');
  for (const [role, { outputs, fingerprint }] of rolesOf(pack.manifest)) {
    for (const name of Object.values(outputs)) t.ok(fingerprint?.[name], `${role}.${name}`);
  }
  const told: unknown[] = [];
  await verifyPack(pack, { onProgress: ({ done, total }) => told.push([done, total]) });
  t.same(
    told,
    [0, 1, 2, 3, 4, 5, 6].map((done) => [done, 6]),
  );
});

t.test('a network that gives other numbers is damage, though its hash is right', async (t) => {
  const pack = await withGraph(t, 'audio', (bytes) => scaled(bytes, 1.02));
  await verifyGraphs(pack);
  await t.rejects(verifyPack(pack), {
    code: 'PACK_DAMAGED',
    message:
      /Expected [-\d.e]+ for (mean|rms|value \d) of output 'feature' of role audio but received [-\d.e]+, which is [\d.e-]+ off where [\d.e-]+ is allowed \(.*audio\.onnx\)/,
  });
  const ended = await run(['packs', 'verify', pack.directory]);
  t.match(ended, { code: 1, stdout: '', stderr: /PACK_DAMAGED: .*of role audio/ });
});

t.test('a difference as between two processors is none', async (t) => {
  await verifyPack(await withGraph(t, 'audio', (bytes) => scaled(bytes, 1 + 1e-6)));
});

t.test('a pack without fingerprints is a whole one, and says that nothing was compared', async (t) => {
  const directory = temporaryFolder(t);
  execFileSync(process.execPath, [PROGRAM, directory], {
    env: { ...process.env, KDTALKER_ORT: '/nowhere/libonnxruntime.so' },
  });
  const pack = await readPack(directory);
  for (const [, role] of rolesOf(pack.manifest)) t.notOk(role.fingerprint);
  await verifyPack(pack);
  const ended = await run(['packs', 'verify', directory]);
  t.match(ended, { code: 0, stdout: /numbers of its networks were not compared: .* no fingerprints/ });
  const without = await run(['packs', 'verify', 'puppet'], {
    env: { KDTALKER_ORT: '/nowhere/libonnxruntime.so' },
  });
  t.match(without, { code: 1, stdout: '', stderr: /RUNTIME_NOT_FOUND/ });
});

t.test('running the networks can be aborted', async (t) => {
  const stop = new AbortController();
  const pack = await readPack('puppet');
  const verifying = verifyPack(pack, {
    signal: stop.signal,
    onProgress: ({ done }) => void (done === 1 && stop.abort()),
  });
  await t.rejects(verifying, { code: 'ABORTED' });
});

t.test('inputs are those of the graph, by formula', async (t) => {
  const inputs = fingerprintInputs([
    { name: 'a', type: 'float32', dims: [1, -1, 4] },
    { name: 'b', type: 'float32', dims: [1, -1, 4] },
    { name: 't', type: 'int64', dims: [1] },
    { name: 'i', type: 'int32', dims: [-1, 2] },
    { name: 'u', type: 'uint8', dims: [3] },
    { name: 'scalar', type: 'float32', dims: [] },
  ]);
  t.same(inputs.a!.dims, [1, 2, 4], 'a length that differs from run to run is two');
  const wave = (index: number, row: number, column: number) =>
    Math.fround(0.5 + 0.4 * Math.sin(index + 2 * Math.PI * (2 * (row / 2) + 3 * (column / 4))));
  for (const [name, index] of [
    ['a', 0],
    ['b', 1],
  ] as const) {
    const expected = [0, 1].flatMap((row) => [0, 1, 2, 3].map((column) => wave(index, row, column)));
    const found = inputs[name]!.data as Float32Array;
    t.ok(
      found.every((value, i) => Math.abs(value - expected[i]!) < 1e-6),
      name,
    );
  }
  t.same(inputs.t, { dims: [1], data: BigInt64Array.of(100n) });
  t.same(inputs.i, { dims: [2, 2], data: Int32Array.of(100, 100, 100, 100) });
  t.same(inputs.u, { dims: [3], data: Uint8Array.of(100, 100, 100) });
  t.equal(inputs.scalar!.data.length, 1);
});

t.test('a fingerprint is a few numbers of each output', async (t) => {
  const ramp = Float32Array.from({ length: 80 }, (_, i) => i);
  const { a, b } = describeOutputs({
    a: { dims: [80], data: ramp },
    b: { dims: [3], data: Float32Array.of(3, -4, 0) },
    nan: { dims: [2], data: Float32Array.of(1, Number.NaN) },
    endless: { dims: [2], data: Float32Array.of(1, Number.POSITIVE_INFINITY) },
    empty: { dims: [0], data: new Float32Array() },
  });
  t.same(a, {
    mean: 39.5,
    rms: Number(Math.sqrt((79 * 159) / 6).toPrecision(6)),
    values: [5, 15, 25, 35, 45, 55, 65, 75],
  });
  t.same(b, { mean: -0.333333, rms: 2.88675, values: [3, -4, 0] });
  t.same(
    Object.keys(describeOutputs({ nan: { dims: [1], data: Float32Array.of(Number.NaN) } })),
    [],
    'what no JSON can say is left out',
  );
});

t.test('differences are measured by the size of the output', async (t) => {
  const expected = { y: { mean: 1, rms: 10, values: [10, -10] }, z: { mean: 0, rms: 0, values: [0] } };
  const change = (values: number[], rms = 10) => ({ ...expected, y: { mean: 1, rms, values } });
  t.equal(findDifference(expected, expected), undefined);
  t.equal(findDifference(expected, change([10 + 9 * TOLERANCE, -10])), undefined);
  t.match(findDifference(expected, change([10 + 11 * TOLERANCE, -10 - 20 * TOLERANCE], 10.05)), {
    output: 'y',
    what: 'rms',
    expected: 10,
    found: 10.05,
  });
  t.match(findDifference(expected, change([10 + 11 * TOLERANCE, -10 - 20 * TOLERANCE])), {
    what: 'value 1',
  });
  t.match(findDifference(expected, { y: expected.y }), { output: 'z', found: undefined });
  t.match(findDifference(expected, change([10])), { what: 'value 1', found: undefined });
  const zero = (value: number) => ({ ...expected, z: { mean: 0, rms: 0, values: [value] } });
  t.equal(findDifference(expected, zero(1e-7)), undefined);
  t.match(findDifference(expected, zero(1e-5)), { output: 'z', what: 'value 0' });
});

t.test('a graph of any inputs is run', async (t) => {
  const g = new Graph('sum');
  const a = g.input('a', 'float32', ['n', 3]);
  const b = g.input('b', 'float32', [1, 3]);
  g.output('y', a.add(b), 'float32', ['n', 3]);
  const file = join(temporaryFolder(t), 'sum.onnx');
  writeFileSync(file, g.toBytes());
  const { a: x, b: y } = fingerprintInputs([
    { name: 'a', type: 'float32', dims: [-1, 3] },
    { name: 'b', type: 'float32', dims: [1, 3] },
  ]);
  const sum = (i: number) => (x!.data[i] as number) + (y!.data[i % 3] as number);
  const { y: found } = await takeFingerprint(file);
  t.equal(found!.values.length, 6);
  t.ok(found!.values.every((value, i) => Math.abs(value - sum(i)) < 1e-5));
});
