import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { events, run } from './support/cli.js';
import { CUDA_DOUBLE, RUNTIME_ENVIRONMENT } from './support/cuda-double.js';

interface Finding {
  name: string;
  state: string;
  found: string;
  advice?: string;
  details?: {
    library?: string;
    driver?: number;
    gpus?: { name: string; capability: number; wrong: string }[];
  };
}

/** What the doctor says of the GPUs, with settings of the double. */
async function gpus(settings: string, library = CUDA_DOUBLE): Promise<Finding> {
  const env = { KDTALKER_CUDA: library, KDTALKER_CUDA_DOUBLE: settings };
  const ended = await run(['doctor', '--json'], { env });
  const [report] = events(ended) as unknown as { ready: boolean; checks: Finding[] }[];
  t.equal(report!.ready, true, 'no clip needs a GPU');
  return report!.checks.find(({ name }) => name === 'GPUs')!;
}

t.test('the doctor names each GPU and tries its kernels', async (t) => {
  t.match(await gpus('devices=2 capability=89'), {
    state: 'ok',
    found:
      /^cuda:0 double, capability 8\.9, 4 multiprocessors, 8\.6 GB \(8\.6 GB free\), self-test passed; cuda:1 double, .*; driver for CUDA 13\.0$/,
    details: {
      library: CUDA_DOUBLE,
      driver: 13000,
      gpus: [
        { name: 'double', uuid: 'GPU-00000000-0000-0000-0000-000000000001', capability: 89, wrong: '' },
        { uuid: 'GPU-00000000-0000-0000-0000-000000000002' },
      ],
    },
  });
  t.match(await gpus('mig=1'), {
    state: 'ok',
    found:
      /^cuda:0 double MIG 1g\.1gb \(MIG-0{8}-0{4}-0{4}-0{4}-0{11}1\), capability 9\.0, 2 multiprocessors, .*passed/,
  });
});

t.test('the doctor says why a GPU cannot be used, and what to do', async (t) => {
  t.match(await gpus('devices=0'), { state: 'note', advice: /nvidia-smi.*--gpus all/ });
  t.match(await gpus('driver=12020'), {
    state: 'note',
    found: /received one for 12\.2/,
    advice: /Update the driver/,
  });
  t.match(await gpus('capability=75'), {
    state: 'note',
    found: /^cuda:0 double, capability 7\.5, .*, cannot be used/,
    advice: /compute capability 8\.0 or newer/,
  });
  t.match(await gpus('fail=cudaSetDevice:0:46'), { state: 'note', advice: /holds it alone/ });
  t.match(await gpus('', '/nowhere/lib.so'), {
    state: 'note',
    found: /\/nowhere\/lib\.so.*cannot be opened/,
  });
});

t.test('a driver that takes its process down leaves the doctor alive', async (t) => {
  const { state, found } = await gpus('crash=cudaGetDeviceCount');
  t.equal(state, 'note');
  t.match(found, /looking ended with SIGABRT/);
});

t.test('a command on a GPU that cannot be used fails with the sentence that fits', async (t) => {
  const out = join(t.testdir(), 'a.mp4');
  const on = (settings: string, device = 'cuda:0') =>
    run(['demo', '--device', device, '--out', out], {
      env: { KDTALKER_CUDA: CUDA_DOUBLE, KDTALKER_CUDA_DOUBLE: settings },
    });
  t.match(await on('devices=0'), {
    code: 1,
    stderr: /DEVICE_UNAVAILABLE|Expected a GPU for device 'cuda:0'/,
  });
  t.match(await on('', 'cuda:7'), { code: 1, stderr: /Expected a GPU of that number for device 'cuda:7'/ });
});

t.test('a GPU that cannot be used is refused before the files of a pack are read', async (t) => {
  // A pack of the full size is hashed for a second; this one has no files at all.
  const manifest = readFileSync(new URL('../dist/built-in/puppet/pack.json', import.meta.url));
  const pack = t.testdir({ 'pack.json': manifest });
  const on = (device: string) =>
    run(['demo', '--pack', pack, '--device', device, '--out', join(pack, 'a.mp4')], {
      env: { KDTALKER_CUDA: CUDA_DOUBLE, KDTALKER_CUDA_DOUBLE: 'devices=0' },
    });
  t.match(await on('cuda:0'), { code: 1, stderr: /DEVICE_UNAVAILABLE: Expected a GPU for device 'cuda:0'/ });
  t.match(await on('cpu'), { code: 1, stderr: /PACK_DAMAGED/ });
});

t.test(
  'bench measures a GPU: each engine, stages, graphs on and off, counts of a frame, other programs',
  async (t) => {
    const file = join(t.testdir(), 'gpu.json');
    const env = { ...RUNTIME_ENVIRONMENT, KDTALKER_PYTHON: '', KDTALKER_BENCH_OTHERS: 'cpu' };
    const args = ['bench', '--device', 'cuda:0', '--workloads', 'puppet', '--quick', '--json', file];
    const ended = await run(args, { env });
    t.match(ended, { code: 0, stdout: /cuda:0: double, capability 9\.0.*\n\npack puppet\n/ });
    const { gpu, rows, contenders } = JSON.parse(readFileSync(file, 'utf8'));
    t.match(gpu, { name: 'double', capability: 90, driver: 13000 });
    const ways = rows.map(
      ({ engine, precision, graphs }: Record<string, unknown>) => `${engine} ${precision} ${graphs}`,
    );
    t.same(ways, [
      ...['plan fp32 true', 'plan fp16 true', 'plan fp32 false', 'plan fp16 false'],
      ...[
        'onnxruntime fp32 true',
        'onnxruntime fp16 true',
        'onnxruntime fp32 false',
        'onnxruntime fp16 false',
      ],
      ...['tensorrt fp32 true', 'tensorrt fp16 true', 'tensorrt fp32 false', 'tensorrt fp16 false'],
    ]);
    for (const { engine, graphs, precision, perFrame, stages, psnr, passed, allocations } of rows) {
      const name = `${engine}, ${precision}, ${graphs ? 'with' : 'without'} graphs`;
      t.ok(passed && psnr > 48, `${name}: ${psnr} dB beside the processor`);
      t.ok(stages.warp > 0 && stages.sample > 0 && stages.convert > 0, `${name}: every stage is timed`);
      t.equal(allocations, 0, `${name}: nothing is allocated`);
      // Those of a provider are not our calls.
      t.ok(graphs && engine === 'plan' ? perFrame.graphLaunches >= 1 : perFrame.graphLaunches === 0, name);
    }
    t.match(contenders, [
      { pack: 'puppet', name: 'onnxruntime-node, CPU provider', precision: 'fp32', ms: Number },
      {
        pack: 'puppet',
        name: 'PyTorch, CPU',
        refused: 'KDTALKER_PYTHON does not name a Python with PyTorch',
      },
      { pack: 'puppet', name: 'torch.compile, CPU' },
    ]);
    t.match(ended.stdout, /\nonnxruntime-node, CPU provider +fp32 +[\d.]+ +[\d.]+\n/);
    t.match(ended.stdout, /\nPyTorch, CPU is left out: KDTALKER_PYTHON does not name/);
    const withThreads = await run(['bench', '--device', 'cuda:0', '--threads', '2'], { env });
    t.match(withThreads, { code: 2, stderr: /Expected no --threads for bench with --device/ });
    const elsewhere = await run(['bench', '--device', 'cpu'], { env });
    t.match(elsewhere, { code: 2, stderr: /Expected 'cuda' or 'cuda:N' for --device of bench/ });
  },
);
