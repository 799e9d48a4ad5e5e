import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Graph } from '../dist/packs/onnx/index.js';
import { listPacks, type Pack, parseManifest, readPack, roleOf, rolesOf } from '../dist/packs/pack.js';
import { puppetPack } from '../dist/packs/puppet/pack.js';
import { packJsonSchema } from '../dist/packs/schema.js';
import { checkPack, verifyPack } from '../dist/packs/verify.js';
import { writePack } from '../dist/packs/write.js';

const BUILT = new URL('../dist/built-in/', import.meta.url);

function folder(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'kdtalker-pack-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A copy of the puppet pack that a test may damage. */
async function copy(t: Test): Promise<Pack> {
  const directory = folder(t);
  const { directory: from, manifest } = await readPack('puppet');
  const files = ['pack.json', ...rolesOf(manifest).map(([, role]) => role.file)];
  for (const file of files) cpSync(join(from, file), join(directory, file));
  return readPack(directory);
}

/** The puppet's manifest as plain JSON with the value at a path replaced; undefined takes it out. */
async function changed(path: string, value: unknown): Promise<unknown> {
  const json = JSON.parse(JSON.stringify((await readPack('puppet')).manifest));
  const keys = path.split('.');
  const last = keys.pop()!;
  keys.reduce((object, key) => object[key], json)[last] = value;
  return JSON.parse(JSON.stringify(json));
}

t.test('the puppet pack is built, listed and whole', async (t) => {
  const packs = await listPacks();
  t.ok(packs.some((pack) => pack.manifest.name === 'puppet'));
  const pack = await readPack('puppet');
  const files = await verifyPack(pack);
  t.same(files.map((file) => file.role).sort(), [
    'appearance',
    'audio',
    'denoiser',
    'field',
    'motion',
    'render',
  ]);
  for (const { model } of files) t.match(model, { opset: 20, irVersion: 9, producer: 'kdtalker' });
  t.equal(pack.file('render'), join(pack.directory, 'renderer.onnx'));
  t.throws(() => pack.file('decode'), { code: 'INVALID_ARGUMENT', message: /render/ });
  t.equal(roleOf(pack.manifest, 'denoiser').inputs.canonical, 'ori_kps');
});

t.test('building the pack again gives the same bytes', async (t) => {
  const directory = folder(t);
  const manifest = await writePack(directory, puppetPack(), { fingerprint: true });
  t.same(manifest, (await readPack('puppet')).manifest);
  await verifyPack(await readPack(directory));
});

t.test('the JSON schema is published and is that of the library', async (t) => {
  const file = new URL('pack.schema.json', BUILT);
  t.ok(existsSync(file));
  const schema = JSON.parse(readFileSync(file, 'utf8'));
  t.same(schema, packJsonSchema());
  t.match(schema, { type: 'object', additionalProperties: false, properties: { format: { const: 1 } } });
});

t.test('damage is found and named', async (t) => {
  const flipped = await copy(t);
  const file = flipped.file('denoiser');
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(file, bytes);
  const expected = roleOf(flipped.manifest, 'denoiser').sha256;
  await t.rejects(checkPack(flipped), {
    code: 'PACK_DAMAGED',
    message: new RegExp(`${expected}.*denoiser\\.onnx.*[0-9a-f]{64}`),
  });

  const short = await copy(t);
  truncateSync(short.file('audio'), 100);
  await t.rejects(checkPack(short), { code: 'PACK_DAMAGED', message: /audio\.onnx.*100 bytes/ });

  const missing = await copy(t);
  rmSync(missing.file('motion'));
  await t.rejects(checkPack(missing), { code: 'PACK_DAMAGED', message: /motion\.onnx/ });
});

t.test('a graph without the tensors that pack.json names is damage', async (t) => {
  const directory = folder(t);
  const draft = puppetPack();
  const g = new Graph('other');
  g.output('f_s', g.input('image', 'float32', [1]), 'float32', [1]);
  draft.roles.appearance!.model = g.toBytes();
  await writePack(directory, draft);
  const pack = await readPack(directory);
  await checkPack(pack);
  await t.rejects(verifyPack(pack), {
    code: 'PACK_DAMAGED',
    message: /input 'img'.*appearance\.onnx.*image/,
  });
  draft.roles.appearance!.model = Buffer.from('not a model');
  await writePack(directory, draft);
  await t.rejects(verifyPack(await readPack(directory)), { code: 'PACK_DAMAGED', message: /an ONNX model/ });
});

t.test('checks can be aborted', async (t) => {
  const pack = await readPack('puppet');
  await t.rejects(checkPack(pack, { signal: AbortSignal.abort() }), { code: 'ABORTED' });
});

t.test('packs that are not there', async (t) => {
  await t.rejects(readPack('nobody'), { code: 'PACK_NOT_FOUND', message: /nobody.*puppet/ });
  await t.rejects(readPack(folder(t)), { code: 'PACK_NOT_FOUND' });
  await t.rejects(readPack(''), { code: 'INVALID_ARGUMENT' });
  await t.rejects(readPack(7 as unknown as string), { code: 'INVALID_ARGUMENT' });
  const directory = folder(t);
  writeFileSync(join(directory, 'pack.json'), '{ "format": 1,');
  await t.rejects(readPack(directory), { code: 'PACK_INVALID', message: /JSON/ });
});

t.test('a denoiser takes its condition whole or in two parts, each with its role', async (t) => {
  const json = (await changed('version', '1.0.0')) as { roles: Record<string, { inputs: object }> };
  const { timestep: _, audio: __, ...inputs } = json.roles.denoiser!.inputs as Record<string, string>;
  const role = (word: string, out: string) => ({
    ...json.roles.denoiser,
    inputs: { [word]: word },
    outputs: { [out]: out },
  });
  const split = {
    denoiser: { ...json.roles.denoiser, inputs: { ...inputs, condition: 'c', time: 't' } },
    condition: role('audio', 'condition'),
    time: role('timestep', 'time'),
  };
  const parse = (roles: object) => parseManifest({ ...json, roles: { ...json.roles, ...roles } }, 'test');
  t.equal(roleOf(parse(split), 'denoiser').inputs.time, 't');
  const message = /condition and time and the roles of those names/;
  for (const gone of Object.keys(split))
    t.throws(() => parse({ ...split, [gone]: json.roles[gone] }), { code: 'PACK_INVALID', message }, gone);
});

t.test('a pack.json that breaks the schema is refused with the place', async (t) => {
  const cases: [path: string, value: unknown, message: RegExp][] = [
    ['format', 2, /format/],
    ['licence.name', undefined, /licence\.name/],
    ['fpss', 25, /fpss/],
    ['statistics.exp.std', [1, 2], /statistics\.exp\.std/],
    ['roles.audio.sha256', 'abc', /roles\.audio\.sha256/],
    ['roles.audio.file', '../audio.onnx', /roles\.audio\.file/],
    ['roles.audio.file', 'a/../../audio.onnx', /roles\.audio\.file/],
    ['roles.audio.file', '/etc/passwd', /roles\.audio\.file/],
    ['roles.motion.outputs.yaw', undefined, /roles\.motion\.outputs\.yaw/],
    ['roles.render', undefined, /render, or both/],
    ['roles.denoiser.inputs.audio', undefined, /denoiser\.inputs: either timestep and audio/],
    ['roles.denoiser.inputs.condition', 'condition', /or condition and time and the roles/],
    ['landmarks.0.terms.0.points', [68], /landmarks\.0\.terms\.0\.points/],
    ['sampler.steps', 0, /sampler\.steps/],
    ['blink.direction', [1], /blink\.direction/],
  ];
  for (const [path, value, message] of cases) {
    const json = await changed(path, value);
    t.throws(
      () => parseManifest(json, 'test'),
      { code: 'PACK_INVALID', message },
      `${path} = ${JSON.stringify(value)}`,
    );
  }
  t.throws(() => parseManifest(null, 'test'), { code: 'PACK_INVALID' });
});
