import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPack, Talker, verifyPack } from 'kdtalker';
import t, { type Test } from 'tap';
import { Graph } from '../dist/packs/onnx/index.js';
import { fails } from './support/media.js';

const PUPPET = (await readPack('puppet')).directory;

// biome-ignore lint/suspicious/noExplicitAny: what a test makes of it is not to be a manifest
type Manifest = Record<string, any>;

/** A copy of the puppet with another pack.json and, for one role, another network. */
function copy(
  t: Test,
  change: (manifest: Manifest) => void,
  network?: { role: string; graph: Graph },
): string {
  const folder = t.testdir();
  cpSync(PUPPET, folder, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8')) as Manifest;
  change(manifest);
  if (network) {
    const role = manifest.roles[network.role];
    const bytes = network.graph.toBytes();
    writeFileSync(join(folder, role.file), bytes);
    Object.assign(role, { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
    delete role.fingerprint;
  }
  writeFileSync(join(folder, 'pack.json'), JSON.stringify(manifest));
  return folder;
}

async function refused(t: Test, folder: string, says: RegExp): Promise<void> {
  for (const lowering of [true, false])
    await fails(t, () => Talker.load(folder, { lowering }), 'PACK_INVALID', says);
}

t.test('sizes in pack.json that its networks do not have', async (t) => {
  for (const motionSize of [300, 600])
    await refused(
      t,
      copy(t, (manifest) => Object.assign(manifest, { motionSize })),
      /motionSize: a divisor of crop\.size \(512\)/,
    );
  const half = copy(t, (manifest) => Object.assign(manifest, { motionSize: 128 }));
  await refused(
    t,
    half,
    /float32 \[1, 3, 128, 128\] for input 'image' \(tensor 'img'\) of role motion .* received float32 \[1, 3, 256, 256\]/,
  );
  for (const side of [256, 1024]) {
    const folder = copy(t, (manifest) => Object.assign(manifest, { output: { width: side, height: side } }));
    const says = new RegExp(
      `\\[1, 3, ${side}, ${side}\\] for output 'image' .*'out'.* of role render .* \\[1, 3, 512, 512\\]`,
    );
    await refused(t, folder, says);
    const pack = await readPack(folder);
    await fails(t, () => verifyPack(pack), 'PACK_INVALID', says);
  }
  const crop = copy(t, (manifest) => Object.assign(manifest.crop, { size: 256 }));
  await refused(t, crop, /\[1, 3, 256, 256\] for input 'image' .* of role appearance/);
  const window = copy(t, (manifest) => Object.assign(manifest.sampler, { window: 32 }));
  await refused(
    t,
    window,
    /float32 \[1, 32, 70\] for input 'x' .* of role denoiser .* received float32 \[1, 64, 70\]/,
  );
  const open = copy(t, (manifest) => Object.assign(manifest.sampler, { fixedWindow: false }));
  await refused(t, open, /float32 \[1, open, 70\] for input 'x' .* of role denoiser/);
});

t.test('noise of a sampler that is no share', async (t) => {
  for (const betas of [{ betaEnd: 1 }, { betaStart: 0.009 }, { betaStart: 1.1, betaEnd: 1.2 }])
    await refused(
      t,
      copy(t, (manifest) => Object.assign(manifest.sampler, betas)),
      /sampler\.betaEnd: a number from betaStart to below 1/,
    );
});

/** The heads of a motion network, with one of another shape. */
function motion(head: string, dims: (number | string)[], type: 'float32' | 'int64' = 'float32'): Graph {
  const g = new Graph('motion');
  const seen = g.input('img', 'float32', [1, 3, 256, 256]).mean([0, 1, 2, 3], false);
  const heads = {
    kp: [1, 21, 3],
    pitch: [1, 1],
    yaw: [1, 1],
    roll: [1, 1],
    t: [1, 3],
    exp: [1, 21, 3],
    scale: [1, 1],
  };
  for (const [name, usual] of Object.entries(heads)) {
    const shape = name === head ? dims : usual;
    const sizes = shape.map((dim) => (typeof dim === 'number' ? dim : 1));
    const value = g
      .constant(`at_${name}`, new Float32Array(sizes.reduce((a, b) => a * b, 1)), sizes)
      .add(seen);
    const own = name === head && type === 'int64';
    g.output(name, own ? value.cast(7) : value, own ? type : 'float32', shape);
  }
  return g;
}

t.test('heads of the motion network that are of other sizes or types', async (t) => {
  const cases: [string, (number | string)[], RegExp][] = [
    [
      'exp',
      [1, 20, 3],
      /float32 of 63 numbers .*for output 'expression' \(tensor 'exp'\) of role motion .* received float32 \[1, 20, 3\]/,
    ],
    ['t', [1, 2], /float32 of 3 numbers .* 'translation' .* received float32 \[1, 2\]/],
    ['scale', [1, 2], /float32 of 1 numbers .* 'scale' .* received float32 \[1, 2\]/],
    ['kp', [1, 20, 3], /float32 \[1, 21, 3\] for output 'keypoints' .* received float32 \[1, 20, 3\]/],
  ];
  for (const [head, dims, says] of cases)
    await refused(
      t,
      copy(t, () => {}, { role: 'motion', graph: motion(head, dims) }),
      says,
    );
  const whole = copy(t, () => {}, { role: 'motion', graph: motion('yaw', [1, 1], 'int64') });
  await refused(t, whole, /'yaw' .* received int64 \[1, 1\]/);
  const flat = copy(t, () => {}, { role: 'motion', graph: motion('exp', [63]) });
  await (await Talker.load(flat)).close();
  t.pass('63 numbers are 63 numbers in any shape');
});

t.test('names in pack.json that the graph does not have, or has not for itself', async (t) => {
  const missing = copy(t, ({ roles }) => Object.assign(roles.render.outputs, { image: 'picture' }));
  await refused(
    t,
    missing,
    /a tensor of the graph for output 'image' \(tensor 'picture'\) of role render .* a graph with 'out'/,
  );
  const twice = copy(t, ({ roles }) => Object.assign(roles.motion.outputs, { yaw: 'pitch' }));
  await refused(t, twice, /a tensor of its own for output 'yaw' \(tensor 'pitch'\) of role motion/);
});

t.test('a shape that only a run can find wrong', async (t) => {
  // Declared as an open number of rows, one for each frame; it gives one more.
  const g = new Graph('audio');
  const mel = g.input('mel', 'float32', ['n', 1, 80, 16]);
  const rows = mel
    .reshape(0, 1280)
    .mean([1])
    .add(g.constant('features', new Float32Array(512), [1, 512]));
  g.output('feature', g.concat(0, [rows, g.constant('more', new Float32Array(512), [1, 512])]), 'float32', [
    'm',
    512,
  ]);
  const talker = await Talker.load(
    copy(t, () => {}, { role: 'audio', graph: g }),
    { threads: 1 },
  );
  t.teardown(() => talker.close());
  const picture = { data: new Uint8Array(3 * 512 * 512), width: 512, height: 512, channels: 3 as const };
  const portrait = await talker.portrait(picture, { crop: 'none' });
  const speech = { samples: new Float32Array(3200), sampleRate: 16000 };
  const says = /audio\.onnx.*shape/s;
  await fails(t, () => talker.animate(portrait, speech, { steps: 1 }).motion(), 'PACK_INVALID', says);
});
