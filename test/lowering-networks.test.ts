import { join } from 'node:path';
import t from 'tap';
import { native } from '../dist/binding.js';
import { NETWORKS } from '../dist/packs/kdtalker/networks.js';
import { writeModel } from '../dist/packs/onnx/index.js';
import { formulaWeights } from '../dist/packs/weights/formula.js';
import { filled, type HostTensor, numbers, openGraph } from './support/graphs.js';
import { runLowered } from './support/lowered.js';
import { GOLDEN_SALT, near, temporaryFolder } from './support/networks.js';

/** Smooth like a feature volume, and different everywhere. */
const wave = (dims: number[]) => filled(dims, (i) => Math.sin(0.37 * i) * Math.cos(0.011 * i));
const points = (step: number) => filled([1, 21, 3], (i) => 0.8 * Math.sin(1.3 * i + step));

const CASES: [name: 'warp' | 'decode', Record<string, HostTensor>, fp32: number, bf16: number][] = [
  ['warp', { f_s: wave([1, 32, 16, 64, 64]), x_s: points(0), x_d: points(0.05) }, 2e-4, 0.1],
  ['decode', { feature: wave([1, 256, 64, 64]) }, 2e-4, 0.1],
];

const skip = process.env.KDTALKER_LONG ? false : 'half a minute of rendering: set KDTALKER_LONG=1';

for (const [name, feeds, fp32, bf16] of CASES) {
  t.test(`${name}, whole, lowered and not`, { skip, timeout: 600_000 }, async (t) => {
    const folder = temporaryFolder(t);
    await writeModel(NETWORKS[name](formulaWeights(GOLDEN_SALT)), folder, 'plain.onnx');
    const plain = join(folder, 'plain.onnx');
    const expected = await (await openGraph(plain))(feeds);
    for (const [precision, tolerance] of [
      ['fp32', fp32],
      ['bf16', bf16],
    ] as const) {
      if (precision === 'bf16' && !native().cpuFeatures().bf16) {
        t.pass('bf16', { skip: 'this processor has no AVX512-BF16' });
        continue;
      }
      const found = await runLowered(plain, folder, { precision }, feeds);
      for (const [key, tensor] of Object.entries(expected))
        near(t, numbers(found[key]), numbers(tensor), tolerance, `${name} ${key}, ${precision}`);
    }
  });
}
