// What a plan's layers are to another library, and benchmarks/gpu/layers.js, which times them: on the double of CUDA, with a stand-in for PyTorch.
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { layerOf, type PlannedLayer } from '../dist/packs/lowering/plan/layers.js';
import { planPack } from '../dist/packs/lowering/plan/plan-pack.js';
import { readPack } from '../dist/packs/pack.js';
import { CUDA_DOUBLE } from './support/cuda-double.js';
import { fullPack, SMALL } from './support/full-pack.js';

const PROGRAM = fileURLToPath(new URL('../benchmarks/gpu/layers.js', import.meta.url));

interface Row {
  kind: string;
  layer?: PlannedLayer;
  ms?: number;
  torchMs?: number;
}

const product = (lengths: readonly number[]) => lengths.reduce((all, each) => all * each, 1);

/** Multiplications of a layer; of a convolution counted cell by cell as the operator is defined. */
function multiplyAdds(layer: PlannedLayer): number {
  if (layer.what === 'product') return layer.batch * layer.rows * layer.length * layer.columns;
  const { kernel, cells, strides, pads, factor, groups, batch, inputs, outputs } = layer;
  const made = cells.map((length, axis) => {
    const seen = axis === 0 ? length : factor * length;
    return Math.floor((seen + 2 * pads[axis]! - kernel[axis]!) / strides[axis]!) + 1;
  });
  return (batch * product(made) * outputs * inputs * product(kernel)) / groups;
}

/** Runs the program on a small pack of the published architecture. */
async function layers(folder: string, env: Record<string, string>) {
  const [pack, out] = [await fullPack(join(folder, 'pack')), join(folder, 'layers.json')];
  const args = [PROGRAM, 'cuda:0', pack, out, '1'];
  const options = { env: { ...process.env, KDTALKER_CACHE: join(folder, 'cache'), ...env } };
  const ended = await new Promise<{ code: number; stdout: string }>((resolve) => {
    const child = execFile(process.execPath, args, options, (_, stdout) =>
      resolve({ code: child.exitCode!, stdout }),
    );
  });
  return { ...ended, report: JSON.parse(readFileSync(out, 'utf8')) };
}

t.test('a layer has the multiplications of its operation, in each precision', async (t) => {
  // So many channels have every kernel of the decoder.
  const shape = { ...SMALL, decoder: { widths: [64, 32, 16], hidden: 32 } } as const;
  const pack = await readPack(await fullPack(t.testdir(), { shape }));
  const { window, steps } = pack.manifest.sampler;
  const found = new Set<string>();
  for (const precision of ['fp32', 'fp16'] as const)
    for (const { plan } of await planPack(pack, { window, steps, precision }))
      for (const operation of plan.operations) {
        const layer = layerOf(operation);
        if (!layer) continue;
        found.add(operation.kind);
        const [counted, known] = [multiplyAdds(layer), operation.multiplyAdds];
        const name = `${plan.role}, ${operation.node.name}, ${operation.kind}: ${counted} of ${known}`;
        // Blocks are counted whole; repeated cells as often as the kernel of three by three sees them.
        if (layer.precision === 'fp16') t.ok(counted >= known, name);
        else t.equal(counted, known, name);
      }
  for (const kind of [
    'convolution',
    'product',
    'blockConvolution',
    'blockSpade',
    'blockSums',
    'blockMaskMotion',
  ])
    t.ok(found.has(kind), kind);
});

t.test('every kernel is timed, and layers beside PyTorch', async (t) => {
  const folder = t.testdir();
  const python = join(folder, 'python');
  // Answers with a millisecond for each layer that it is asked for.
  writeFileSync(
    python,
    `#!/usr/bin/env node
const { device, layers } = JSON.parse(process.argv[3]);
if (device !== 'cuda:0') throw new Error(device);
console.log(JSON.stringify({ version: '0', ms: layers.map(() => 1), ceilings: { half: 3, float: 2, copy: 1 } }));
`,
  );
  chmodSync(python, 0o755);
  const { code, stdout, report } = await layers(folder, {
    KDTALKER_CUDA: CUDA_DOUBLE,
    KDTALKER_PYTHON: python,
  });
  t.equal(code, 0);
  const rows = report.rows as Row[];
  t.ok(rows.every(({ ms }) => ms! > 0));
  t.ok(rows.every(({ layer, torchMs }) => (layer ? torchMs === 1 : torchMs === undefined)));
  t.match(stdout, /double, capability 9\.0/);
  t.match(stdout, /PyTorch 0; products of 8192 x 8192: 3 TFLOPS in fp16, 2 in fp32; a copy: 1 GB\/s/);
});

t.test('without a GPU the layers are listed, and nothing has a time', async (t) => {
  const { code, stdout, report } = await layers(t.testdir(), {
    KDTALKER_CUDA: CUDA_DOUBLE,
    KDTALKER_CUDA_DOUBLE: 'devices=0',
  });
  t.equal(code, 1);
  t.match(stdout, /Nothing is timed: Expected a GPU for device 'cuda:0'/);
  t.match(report.refused, /Expected a GPU/);
  t.ok((report.rows as Row[]).every(({ ms, torchMs }) => ms === undefined && torchMs === undefined));
});

t.test('without PyTorch its column is empty, with the reason', async (t) => {
  const { code, stdout } = await layers(t.testdir(), { KDTALKER_CUDA: CUDA_DOUBLE, KDTALKER_PYTHON: '' });
  t.equal(code, 0);
  t.match(stdout, /PyTorch is left out: KDTALKER_PYTHON does not name a Python with PyTorch/);
});
