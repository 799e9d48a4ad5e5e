// Whole networks, planned: the puppet's five and those of the published model that are small, against ONNX Runtime.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { NETWORKS, type NetworkName } from '../dist/packs/kdtalker/networks.js';
import { planBytes } from '../dist/packs/lowering/plan/format.js';
import { planGraph } from '../dist/packs/lowering/plan/plan.js';
import { EditableGraph, writeModel } from '../dist/packs/onnx/index.js';
import { formulaWeights } from '../dist/packs/weights/formula.js';
import { filled, type HostTensor, openGraph } from './support/graphs.js';
import { near, temporaryFolder } from './support/networks.js';
import { runPlan } from './support/plans.js';
import { AT_REST, checkPicture, posed } from './support/puppet.js';

const PUPPET = fileURLToPath(new URL('../dist/built-in/puppet', import.meta.url));

type Feeds = Record<string, HostTensor>;

const noise = (...dims: number[]) => filled(dims, (i) => Math.sin(1.3 * i) * Math.cos(0.7 * i + 1));
const whole = (...values: number[]) => ({ dims: [values.length], data: BigInt64Array.from(values, BigInt) });
const picture = () => ({ dims: [1, 3, 512, 512], data: checkPicture() });

/** The picture for the motion network, [1, 3, 256, 256]. */
function smallPicture(): HostTensor {
  const large = checkPicture();
  return filled([1, 3, 256, 256], (i) => {
    const [x, y, channel] = [i % 256, Math.floor(i / 256) % 256, Math.floor(i / 65536)];
    return large[(channel * 512 + 2 * y) * 512 + 2 * x]!;
  });
}

/** Runs a graph's file both ways. */
async function compare(t: Test, file: string, open: number, feeds: Feeds, tolerance: number): Promise<void> {
  const plan = await planGraph(await EditableGraph.open(file), { role: 'test', open });
  const [found, expected] = [await runPlan(t, plan, feeds), await (await openGraph(file))(feeds)];
  for (const [name, { data, dims }] of Object.entries(expected)) {
    t.strictSame(found[name]!.dims, dims, `${name}: the same lengths`);
    const [ours, theirs] = [found[name]!.data as Float32Array, data as Float32Array];
    if (theirs.some((value) => value !== 0)) near(t, ours, theirs, tolerance, name);
    else t.strictSame(ours, theirs, `${name}: zeros`);
  }
}

const motion = posed({ ...AT_REST, yaw: 12, pitch: -5, roll: 3 }, new Array<number>(63).fill(0.004));
const PUPPETS: Record<string, { feeds: Feeds; tolerance: number }> = {
  appearance: { feeds: { img: picture() }, tolerance: 0 },
  motion: { feeds: { img: smallPicture() }, tolerance: 2e-6 },
  audio: { feeds: { mel: noise(64, 1, 80, 16) }, tolerance: 1e-6 },
  denoiser: {
    feeds: {
      x_t: noise(1, 64, 70),
      t: whole(480),
      audio: noise(1, 64, 512),
      ori_kps: noise(1, 70),
      ref: noise(1, 70),
    },
    tolerance: 1e-6,
  },
  renderer: {
    feeds: {
      f_s: picture(),
      x_s: { dims: [1, 21, 3], data: posed(AT_REST, new Array<number>(63).fill(0)) },
      x_d: { dims: [1, 21, 3], data: motion },
    },
    tolerance: 1e-6,
  },
};

for (const [role, { feeds, tolerance }] of Object.entries(PUPPETS))
  t.test(`the puppet's ${role}`, (t) => compare(t, join(PUPPET, `${role}.onnx`), 64, feeds, tolerance));

const PUBLISHED: Partial<Record<NetworkName, Feeds>> = {
  audio: { mel: noise(2, 1, 80, 16) },
  condition: { audio: noise(1, 5, 512) },
  time: { t: whole(980, 20, 0) },
  denoiser: {
    x_t: noise(1, 5, 70),
    condition: noise(1, 5, 18432),
    time: noise(1, 18432),
    ori_kps: noise(1, 70),
    ref: noise(1, 70),
  },
  stitching: { x_s: noise(1, 21, 3), x_d: noise(1, 21, 3) },
  eye: { x_s: noise(1, 21, 3), ratio: noise(1, 3) },
  lip: { x_s: noise(1, 21, 3), ratio: noise(1, 2) },
};

for (const [name, feeds] of Object.entries(PUBLISHED) as [NetworkName, Feeds][])
  t.test(`the published ${name}`, async (t) => {
    const folder = temporaryFolder(t);
    const { file } = await writeModel(NETWORKS[name](formulaWeights('golden')), folder, `${name}.onnx`);
    const open = name === 'audio' ? 2 : name === 'time' ? 3 : 5;
    await compare(t, join(folder, file), open, feeds, 3e-6);
  });

/** Multiplications that are added up in one run, in billions. */
const WORK: Partial<Record<NetworkName, number>> = {
  appearance: 32.1,
  motion: 5.8,
  warp: 171.1,
  decode: 446,
};

t.test('every published network can be planned', async (t) => {
  for (const name of Object.keys(NETWORKS) as NetworkName[]) {
    const model = NETWORKS[name](formulaWeights('golden')).layOut('data', 1 << 16);
    const plan = await planGraph(EditableGraph.parse(model.bytes), { role: name, open: 64 });
    const work = plan.operations.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0) / 1e9;
    const expected = WORK[name];
    if (expected === undefined) t.ok(plan.operations.length > 0, `${name} is planned`);
    else t.ok(Math.abs(work - expected) < 0.1, `${name}: ${work.toFixed(1)} billion multiplications`);
  }
});

t.test('plans are the same every time, and windows share the weights', async (t) => {
  const bytes = readFileSync(join(PUPPET, 'audio.onnx'));
  const plan = (open: number) => planGraph(EditableGraph.parse(bytes), { role: 'audio', open });
  t.strictSame(planBytes(await plan(64)), planBytes(await plan(64)));
  const [large, small] = [await plan(64), await plan(20)];
  t.strictSame(large.slots[0]!.dims, [64, 1, 80, 16]);
  t.strictSame(small.slots[0]!.dims, [20, 1, 80, 16]);
  t.strictSame([...small.weights.offsets], [...large.weights.offsets]);
});
