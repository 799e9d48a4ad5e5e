/**
 * The layers of a pack on a GPU, one by one, beside PyTorch: `node benchmarks/gpu/layers.js DEVICE [PACK=puppet] [OUT.json] [ROUNDS=20]`.
 *
 * Each kernel of the pack's plans (fp16) is timed by the GPU's own events, as a CUDA graph of so many launches of it; each layer that is a
 * convolution or a product of matrices also in PyTorch, on the same GPU: channels last, cuDNN's choice of algorithm, as a CUDA graph too.
 * PyTorch computes the layer alone; our kernel also what follows it (bias, activation, modulation). Products of 8192 x 8192 matrices and a
 * copy of 0.5 GB are what the GPU can do. KDTALKER_PYTHON names a Python with PyTorch. What is not there is left out, with the reason;
 * KDTALKER_BENCH_OTHERS=cpu has PyTorch compute on the processor, which shows that it works.
 *
 * Without the GPU the layers are only listed, and the exit code is 1.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { native } from '../../dist/binding.js';
import { layerOf } from '../../dist/packs/lowering/plan/layers.js';
import { plannedPack, planPack } from '../../dist/packs/lowering/plan/plan-pack.js';
import { readPack } from '../../dist/packs/pack.js';
import { ask } from './ask.js';
import { gpuOf } from './gpu.js';
import { layerLines } from './layer-report.js';

const [device, name = 'puppet', out, rounds = '20'] = process.argv.slice(2);
if (!device) throw new Error('Expected a device: layers.js cuda:0 [PACK] [OUT.json] [ROUNDS]');

/** Kernels that end what the one before them began, and are part of its layer. */
const ENDS = ['blockSumsEnd', 'blockPooledSumsEnd', 'blockOcclusion'];

/** Every operation of a pack's plans: [{role, node, kind, layer, multiplyAdds}], `layer` undefined for what is none. */
function operationsOf(planned) {
  return planned.flatMap(({ plan: { role, operations } }) =>
    operations.map((operation) => ({
      role,
      node: operation.node.name,
      kind: operation.kind,
      layer: layerOf(operation),
      multiplyAdds: operation.multiplyAdds,
    })),
  );
}

/** Milliseconds of every operation, in the order of {@link operationsOf}. */
async function timesOf(planned, { directory, networks }) {
  const times = [];
  for (const { plan } of planned) {
    const { file, data } = networks[plan.role];
    const network = await native().openPlanNetwork(path.join(directory, data.file), device);
    times.push(...(await native().timePlanKernels(network, path.join(directory, file), Number(rounds))));
    await native().closePlanNetwork(network);
  }
  return times;
}

/** Adds to a layer the time of the kernel that ends it. */
function withEnds(operations) {
  const whole = [];
  for (const operation of operations) {
    if (ENDS.includes(operation.kind) && operation.ms !== undefined) whole.at(-1).ms += operation.ms;
    else if (!ENDS.includes(operation.kind)) whole.push(operation);
  }
  return whole;
}

/** Each form of layer once, as PyTorch is asked for it. */
const keyOf = (layer) => JSON.stringify(layer);

async function inTorch(layers) {
  const python = process.env.KDTALKER_PYTHON;
  if (!python) return { refused: 'KDTALKER_PYTHON does not name a Python with PyTorch' };
  const on = process.env.KDTALKER_BENCH_OTHERS || device;
  return ask(python, 'torch_layers.py', {
    device: on === 'cuda' ? 'cuda:0' : on,
    rounds: Number(rounds),
    layers,
  });
}

/** The GPU, or why there is none. */
async function lookFor() {
  try {
    await native().checkDevice(device);
    return { gpu: await gpuOf(device) };
  } catch (error) {
    return { refused: error.message };
  }
}

const pack = await readPack(name);
const target = { ...pack.manifest.sampler, precision: 'fp16' };
const planned = await planPack(pack, target);
const operations = operationsOf(planned);
const { gpu, refused } = await lookFor();
if (gpu) {
  const times = await timesOf(planned, await plannedPack(pack, target));
  operations.forEach((operation, i) => {
    operation.ms = times[i];
  });
}
const forms = [
  ...new Map(operations.flatMap(({ layer }) => (layer ? [[keyOf(layer), layer]] : []))).values(),
];
const torch = gpu ? await inTorch(forms) : { refused: 'there is no GPU' };
const ofTorch = new Map((torch.ms ?? []).map((ms, i) => [keyOf(forms[i]), ms]));
const rows = withEnds(operations).map((row) => ({
  ...row,
  torchMs: row.layer && ofTorch.get(keyOf(row.layer)),
}));
const report = {
  format: 1,
  date: new Date().toISOString(),
  pack: pack.manifest.name,
  version: pack.manifest.version,
  ...(gpu ? { gpu } : { refused }),
  torch: { version: torch.version, refused: torch.refused, ceilings: torch.ceilings },
  rows,
};
if (out) writeFileSync(out, JSON.stringify(report, null, 1));
console.log(layerLines(report).join('\n'));
if (!gpu) process.exitCode = 1;
