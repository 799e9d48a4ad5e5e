import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openCheckpoint } from '../dist/packs/checkpoint/index.js';
import { NETWORKS } from '../dist/packs/kdtalker/networks.js';
import { StoredWeights } from '../dist/packs/kdtalker/stored-weights.js';
import { readTrained } from '../dist/packs/kdtalker/trained.js';
import { writeModel } from '../dist/packs/onnx/index.js';
import { floats, readSafetensors } from '../dist/packs/safetensors.js';
import { torchZip } from './support/checkpoint-writer.js';
import { type HostTensor, numbers, openGraph } from './support/graphs.js';
import { runLowered } from './support/lowered.js';
import { relativeDifference, temporaryFolder } from './support/networks.js';
import { madeDataset, script, withoutTorch as skip } from './support/training.js';

/** The networks of the paper's tables 3 and 7: name, options of the training, frames of a step. */
const RUNS: [name: string, options: string[], frames: number][] = [
  ['whole', ['--window', '64'], 64],
  ['zero', ['--window', '32', '--canonical', 'zero'], 32],
  ['none', ['--window', '8', '--canonical', 'none'], 8],
  ['attention', ['--window', '16', '--attention', 'none'], 16],
  ['rotary', ['--window', '16', '--rotary', 'none'], 16],
  ['bias', ['--window', '8', '--bias', 'none'], 8],
  ['vanilla', ['--window', '8', '--bias', 'none', '--rotary', 'none'], 8],
  ['wide', ['--window', '8', '--dim', '192', '--depth', '1'], 8],
  ['average', ['--window', '8', '--ema', '0.5'], 8],
];

t.test('every ablation trains, converts, and gives in the engine what PyTorch gives', { skip }, async (t) => {
  const folder = temporaryFolder(t);
  const dataset = await madeDataset(join(folder, 'made'), 4, 0, 80);
  await script('ablations.py', dataset, folder, JSON.stringify(RUNS));
  for (const [name, , frames] of RUNS) {
    const stored = await StoredWeights.open(
      new Map([['kdtalker', join(folder, name, 'step-000000006.pth')] as const]),
    );
    const { shape, statistics } = stored.trained!;
    t.equal(shape.window, frames, `${name}: window`);
    t.equal(statistics?.kp.std.length, 63);
    const file = async (network: 'condition' | 'time' | 'denoiser') => {
      await stored.load(network);
      return join(
        folder,
        (await writeModel(NETWORKS[network](stored.weights, shape), folder, `${name}-${network}`)).file,
      );
    };
    const { tensors } = readSafetensors(readFileSync(join(folder, `${name}.safetensors`)));
    const tensor = (key: string): HostTensor => ({ dims: tensors[key]!.dims, data: floats(tensors[key]!) });
    const run = async (network: 'condition' | 'time', feeds: Record<string, HostTensor>) =>
      (await (await openGraph(await file(network)))(feeds))[network]!;
    const feeds = {
      x_t: tensor('x'),
      condition: await run('condition', { audio: tensor('audio') }),
      time: await run('time', { t: { dims: [1], data: BigInt64Array.of(420n) } }),
      ori_kps: tensor('canonical'),
      ref: tensor('reference'),
    };
    const plain = await file('denoiser');
    const found = {
      plain: await (await openGraph(plain))(feeds),
      lowered: await runLowered(plain, temporaryFolder(t), { precision: 'fp32' }, feeds),
    };
    for (const [kind, { eps }] of Object.entries(found)) {
      const difference = relativeDifference(numbers(eps), numbers(tensor('eps')));
      t.ok(difference < 1e-5, `${name}, ${kind}: ${difference}`);
    }
    await stored.close();
  }
});

t.test('a checkpoint whose options are not those of a training is refused', async (t) => {
  const file = join(temporaryFolder(t), 'wrong.pth');
  const options = {
    dim: 100,
    depth: 1,
    window: 8,
    canonical: 'token',
    attention: 'full',
    rotary: 'full',
    bias: 'full',
  };
  for (const [changed, message] of [
    [{}, /Expected a number of layers or a width .* for dim of the options in/],
    [{ dim: 128, rotary: 'half' }, /Expected 'full' or 'none' for rotary of the options in/],
  ] as const) {
    writeFileSync(file, torchZip(new Map([['options', JSON.stringify({ ...options, ...changed })]])));
    const checkpoint = await openCheckpoint(file);
    t.throws(() => readTrained(checkpoint), { code: 'CHECKPOINT_INVALID', message });
    await checkpoint.close();
  }
});
