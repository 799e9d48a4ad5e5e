// A frame of the published architecture in its full size on the double of CUDA, which emulates every thread:
// KDTALKER_LONG=1 npx tap --disable-coverage --timeout=40000 test/cuda-full-size.test.ts
// With KDTALKER_LONG=fp16 or fp32 in that precision alone; with warp or decode that network alone, in halves.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { synthesizePack, type TalkerOptions } from 'kdtalker';
import t, { type Test } from 'tap';
import { NETWORKS } from '../dist/packs/kdtalker/networks.js';
import { lowerGraph } from '../dist/packs/lowering/lower-graph.js';
import { HALF_PASSES } from '../dist/packs/lowering/passes/index.js';
import { planGraph } from '../dist/packs/lowering/plan/plan.js';
import { EditableGraph, readModel, writeModel } from '../dist/packs/onnx/index.js';
import { formulaWeights } from '../dist/packs/weights/formula.js';
import { takeCudaDouble } from './support/cuda-double.js';
import { filled, type HostTensor, numbers, openGraph } from './support/graphs.js';
import { relativeDifference, temporaryFolder } from './support/networks.js';
import { runPlan } from './support/plans.js';
import { framesOf, loadTalker, portraitFile, speech } from './support/talker.js';

takeCudaDouble();
const LONG = process.env.KDTALKER_LONG;
const PRECISIONS = (['fp16', 'fp32'] as const).filter((each) => LONG === '1' || LONG === each);
const FRAME_NETWORKS = ['warp', 'decode'] as const;
const skipUnless = (asked: boolean) => (asked ? false : 'long emulation: set KDTALKER_LONG=1');

/** A frame of a window that is sampled in one step, and the seconds that it took. */
async function frameOn(t: Test, pack: string, options: TalkerOptions) {
  const talker = await loadTalker(t, options, pack);
  const portrait = await talker.portrait(portraitFile, { crop: 'liveportrait' });
  const begin = performance.now();
  const [frame] = await framesOf(talker.animate(portrait, speech(1), { seed: 7n, steps: 1, frame: 'crop' }));
  return { data: frame!.data, seconds: (performance.now() - begin) / 1000 };
}

t.test(
  'a frame in full size is that of the processor',
  { skip: skipUnless(PRECISIONS.length > 0) },
  async (t) => {
    const pack = join(temporaryFolder(t), 'full');
    await synthesizePack({ salt: 'golden', directory: pack });
    const expected = await frameOn(t, pack, { device: 'cpu', lowering: false });
    for (const precision of PRECISIONS) {
      const { data, seconds } = await frameOn(t, pack, { device: 'cuda:0', precision });
      const apart = expected.data.map((byte, i) => Math.abs(byte - data[i]!));
      const most = apart.reduce((largest, each) => Math.max(largest, each), 0);
      const decibels =
        10 * Math.log10((255 ** 2 * apart.length) / apart.reduce((sum, each) => sum + each ** 2, 0));
      t.comment(`${precision}: ${seconds.toFixed(0)} s, ${decibels.toFixed(1)} dB, at most ${most} levels`);
      if (precision === 'fp32') t.ok(most <= 1, `${most} levels`);
      else t.ok(decibels >= 55, `${decibels.toFixed(1)} dB`);
    }
  },
);

/** What the networks of a frame are given: waves, and keypoints around the middle that are moved a little. */
function feedsOf(file: string): Record<string, HostTensor> {
  const value = (name: string) => (i: number) =>
    name.startsWith('x_')
      ? 0.4 * Math.sin(2.3 * i + (name === 'x_d' ? 0.1 : 0))
      : Math.sin(0.37 * i) * Math.cos(0.011 * i);
  const { inputs } = readModel(readFileSync(file));
  return Object.fromEntries(inputs.map(({ name, dims }) => [name, filled(dims.map(Number), value(name))]));
}

for (const name of FRAME_NETWORKS)
  t.test(
    `${name} in full size, in halves, is that of ONNX Runtime`,
    { skip: skipUnless(LONG === name) },
    async (t) => {
      const folder = temporaryFolder(t);
      const model = await writeModel(NETWORKS[name](formulaWeights('golden')), folder, `${name}.onnx`);
      const file = join(folder, model.file);
      const graph = await EditableGraph.open(file);
      const feeds = feedsOf(file);
      await lowerGraph(graph, { precision: 'fp16' }, HALF_PASSES);
      const plan = await planGraph(graph, { role: name, open: 64 });
      const expected = await (await openGraph(file))(feeds);
      const begin = performance.now();
      const found = await runPlan(t, plan, feeds, 'cuda:0');
      t.comment(`${plan.operations.length} kernels in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
      for (const output of Object.keys(expected)) {
        const apart = relativeDifference(numbers(found[output]), numbers(expected[output]));
        t.ok(apart > 0 && apart < 0.01, `${output}: ${apart.toExponential(1)} apart`);
      }
    },
  );
