// Clips whose networks ONNX Runtime's providers run on `cuda:0` and `tensorrt:0`, which are doubles here: of CUDA, and of ONNX Runtime.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Talker, type TalkerOptions } from 'kdtalker';
import t, { type Test } from 'tap';
import { Graph } from '../dist/packs/onnx/index.js';
import { events, run, speechFile } from './support/cli.js';
import { RUNTIME_DOUBLE, RUNTIME_ENVIRONMENT, takeRuntimeDouble } from './support/cuda-double.js';
import { fullPack } from './support/full-pack.js';
import { fails } from './support/media.js';
import { packDrawnBy, smallPack } from './support/small-pack.js';
import { endInTheMiddle, loadTalker, portraitFile, speech } from './support/talker.js';

takeRuntimeDouble();

async function framesOf(talker: Talker, count: number): Promise<Uint8Array[]> {
  const portrait = await talker.portrait(portraitFile);
  const frames: Uint8Array[] = [];
  for await (const { data } of talker.animate(portrait, speech(count), { seed: 7 }))
    frames.push(Uint8Array.from(data));
  return frames;
}

/** The largest difference of two bytes. */
const farthest = (ours: Uint8Array[], theirs: Uint8Array[]) =>
  Math.max(
    ...ours.map((frame, i) =>
      frame.reduce((most, byte, at) => Math.max(most, Math.abs(byte - theirs[i]![at]!)), 0),
    ),
  );

t.test("a whole clip: the processor's frames, for each provider and both packs", async (t) => {
  const small = smallPack(t.testdir({}));
  for (const [pack, frames] of [
    ['puppet', 70],
    [small, 4],
  ] as const) {
    const expected = await framesOf(await loadTalker(t, { device: 'cpu', lowering: false }, pack), frames);
    for (const options of [
      { device: 'cuda:0', engine: 'onnxruntime' },
      { device: 'tensorrt:0' },
    ] as TalkerOptions[]) {
      const talker = await loadTalker(t, options, pack);
      t.equal(talker.device, options.device);
      const made = await framesOf(talker, frames);
      t.equal(made.length, expected.length);
      t.ok(farthest(made, expected) <= 1, `${options.device}: ${farthest(made, expected)} levels`);
    }
  }
});

/** How close bytes are to others, in dB. */
function psnr(ours: Uint8Array[], theirs: Uint8Array[]): number {
  const sum = (frame: Uint8Array, i: number) =>
    frame.reduce((total, byte, at) => total + (byte - theirs[i]![at]!) ** 2, 0);
  const squares = ours.map(sum).reduce((total, square) => total + square, 0);
  return 10 * Math.log10((255 ** 2 * ours.length * ours[0]!.length) / squares);
}

t.test('half precision: our own rewriting of the graphs, near float32', async (t) => {
  const folder = t.testdir({});
  for (const pack of [smallPack(join(folder, 'small')), await fullPack(join(folder, 'full'))]) {
    const expected = await framesOf(await loadTalker(t, { device: 'cpu', lowering: false }, pack), 4);
    const talker = await loadTalker(t, { device: 'tensorrt:0', precision: 'fp16' }, pack);
    t.equal(talker.precision, 'fp16');
    const near = psnr(await framesOf(talker, 4), expected);
    t.ok(near >= 55 && near < 100, `${near.toFixed(1)} dB`);
  }
});

t.test(
  'two uploads a clip, one download a frame, no others; nothing is allocated after the first clip',
  async (t) => {
    const talker = await loadTalker(t, { device: 'cuda:0', engine: 'onnxruntime' });
    const portrait = await talker.portrait(portraitFile);
    const costOf = async (count: number) => {
      const [work, before] = [talker.deviceWork(), talker.counters()];
      for await (const _ of talker.animate(portrait, speech(count), { steps: 2 }));
      const [later, after] = [talker.deviceWork(), talker.counters()];
      const crossings = Object.entries(after).map(([why, { uploads, downloads }]) => {
        const { uploads: up, downloads: down } = before[why as keyof typeof before];
        return [why, [uploads - up, downloads - down]];
      });
      return { allocations: later.allocations - work.allocations, crossings: Object.fromEntries(crossings) };
    };
    await costOf(8);
    await costOf(18);
    for (const count of [8, 18]) {
      const { allocations, crossings } = await costOf(count);
      const { spectrogram, frame, ...others } = crossings;
      t.equal(allocations, 0);
      t.same(
        [spectrogram, frame],
        [
          [1, 0],
          [0, count],
        ],
      );
      t.ok(
        Object.values(others)
          .flat()
          .every((n) => n === 0),
        JSON.stringify(others),
      );
    }
  },
);

t.test('a clip that is aborted, and a talker that is closed, in the middle', (t) =>
  endInTheMiddle(t, { device: 'cuda:0', engine: 'onnxruntime' }),
);

t.test(
  'packs compile builds the engines of TensorRT, one network after the other, where loading finds them',
  async (t) => {
    const folder = t.testdir({ cache: {} });
    const env = {
      ...RUNTIME_ENVIRONMENT,
      KDTALKER_CACHE: join(folder, 'cache'),
      KDTALKER_ORT_DOUBLE_LOG: join(folder, 'log'),
    };
    const ended = await run(['packs', 'compile', 'puppet', '--device', 'tensorrt:0', '--json'], { env });
    const networks = ['appearance', 'motion', 'audio', 'denoiser', 'field'];
    const told = events(ended) as unknown as { event?: string; directory?: string; networks?: string[] }[];
    const { directory, networks: built } = told.at(-1)!;
    t.same([...built!].sort(), networks.sort());
    t.match(told.at(-2), { stage: 'lower', done: 5, total: 5 }, 'progress');
    const folders = () =>
      [...readFileSync(join(folder, 'log'), 'utf8').matchAll(/trt_engine_cache_path=(\S+)/g)].map(
        ([, path]) => path!,
      );
    const compiled = new Set(folders());
    t.equal(compiled.size, 1);
    t.match([...compiled][0], new RegExp(`^${directory}/ort-[\\d.]+-trt-10\\.9\\.0-sm90$`));
    const args = [
      '--portrait',
      portraitFile,
      '--speech',
      speechFile(folder, 0.2),
      '--out',
      join(folder, 'x.mp4'),
    ];
    t.match(await run(['animate', ...args, '--device', 'tensorrt:0'], { env }), { code: 0 });
    t.same(new Set(folders()), compiled);
  },
);

/** A renderer with an operator that plans lack. */
function strange(): Graph {
  const g = new Graph('strange');
  const dims = [1, 3, 512, 512];
  const way = g.input('x_d', 'float32', [1, 21, 3]).sub(g.input('x_s', 'float32', [1, 21, 3]));
  const moved = g.input('f_s', 'float32', dims).add(way.mean([1, 2]).reshape(1, 1, 1, 1));
  g.output('out', g.op('HardSwish', [moved]), 'float32', dims);
  return g;
}

t.test('a pack with an operator that plans lack', async (t) => {
  const pack = packDrawnBy(t.testdir({}), strange(), 'strange');
  const planned = () => Talker.load(pack, { device: 'cuda:0' });
  await fails(t, planned, 'OPERATOR_UNSUPPORTED', /HardSwish/);
  const expected = await framesOf(await loadTalker(t, { device: 'cpu', lowering: false }, pack), 2);
  const made = await framesOf(await loadTalker(t, { device: 'cuda:0', engine: 'onnxruntime' }, pack), 2);
  t.ok(farthest(made, expected) <= 1);
});

/** A short clip of the puppet on cuda:0, and the calls of the provider. */
async function told(folder: string, settings: string) {
  const log = join(folder, 'log');
  const env = { ...RUNTIME_ENVIRONMENT, KDTALKER_ORT_DOUBLE: settings, KDTALKER_ORT_DOUBLE_LOG: log };
  const files = ['--portrait', portraitFile, '--speech', speechFile(folder, 0.2)];
  const options = ['--device', 'cuda:0', '--engine', 'onnxruntime', '--json', '--out', join(folder, 'x.mp4')];
  const ended = await run(['animate', ...files, ...options], { env });
  t.match(ended, { code: 0 });
  const calls = readFileSync(log, 'utf8');
  const networks = (call: string) =>
    [...calls.matchAll(new RegExp(`^${call} \\S*/(\\w+)\\.onnx$`, 'gm'))].map(([, name]) => name!);
  return { events: events(ended), networks };
}

t.test(
  'CUDA graphs: each network of fixed lengths is captured once, and runs as a graph from then on',
  async (t) => {
    const { networks, events } = await told(t.testdir({}), '');
    t.same(networks('capture').sort(), ['appearance', 'denoiser', 'field', 'motion']);
    const replayed = networks('replay');
    const count = (name: string) => replayed.filter((each) => each === name).length;
    t.match(
      [count('field'), count('denoiser'), count('audio')],
      [4, 49, 0],
      'frames, and steps of the sampler',
    );
    t.same(
      events.filter(({ event }) => event === 'warning'),
      [],
    );
  },
);

t.test('a provider that refuses CUDA graphs: the clip is made without, which is said once', async (t) => {
  for (const settings of ['graphs=refused', 'graphs=broken']) {
    const { networks, events } = await told(t.testdir({}), settings);
    const warnings = events.filter(({ event }) => event === 'warning');
    t.match(warnings, [
      {
        code: 'GRAPHS_REFUSED',
        message: /^Expected CUDA graphs of pack 'puppet' but ONNX Runtime has none of/,
      },
    ]);
    t.match(events.at(-1), { warning: (warnings[0] as unknown as { message: string }).message });
    t.same([networks('capture'), networks('replay')], [[], []], settings);
  }
});

t.test('without graphs nothing is captured, and nothing is said', async (t) => {
  const talker = await loadTalker(t, { device: 'cuda:0', engine: 'onnxruntime', graphs: false });
  const warnings: string[] = [];
  const hear = ({ message }: Error) => void warnings.push(message);
  process.on('warning', hear);
  t.teardown(() => process.off('warning', hear));
  t.equal((await framesOf(talker, 2)).length, 2);
  t.same(warnings, []);
});

t.test('the doctor says what the providers need', async (t) => {
  const [report] = events(await run(['doctor', '--json'], { env: RUNTIME_ENVIRONMENT }));
  const { checks } = report as unknown as { checks: { name: string; state: string; found: string }[] };
  const { state, found } = checks.find(({ name }) => name === 'GPU providers')!;
  t.same({ state, found }, { state: 'ok', found: 'CUDA ready; TensorRT ready' });
});

t.test('options that do not go together', async (t) => {
  const refused = (options: TalkerOptions, message: RegExp) =>
    fails(t, () => Talker.load('puppet', options), 'INVALID_ARGUMENT', message);
  await refused(
    { engine: 'onnxruntime' },
    /device 'cuda:N' or 'tensorrt:N' with an engine .* received 'auto'/,
  );
  await refused({ device: 'cpu', engine: 'plan' }, /with an engine .* received 'cpu'/);
  await refused({ device: 'tensorrt:0', engine: 'plan' }, /engine 'onnxruntime' on device 'tensorrt:N'/);
  await refused({ device: 'tensorrt:0', deviceMemory: 100 }, /no deviceMemory with engine 'onnxruntime'/);
  const bf16 = () => Talker.load('puppet', { device: 'tensorrt:0', precision: 'bf16' });
  await fails(t, bf16, 'DEVICE_UNAVAILABLE', /'fp32', 'fp16' or 'auto' for precision on device 'tensorrt:0'/);
});

/** A folder with this ONNX Runtime and libraries beside it, each with the libraries that it needs. */
function runtimeFolder(t: Test, libraries: Record<string, string[]>): string {
  const folder = t.testdir({});
  symlinkSync(RUNTIME_DOUBLE, join(folder, 'libonnxruntime.so.1'));
  for (const [name, needed] of Object.entries(libraries)) link(folder, name, needed);
  return folder;
}

/** A library that needs others, which are not there any more. */
function link(folder: string, name: string, needed: string[]): void {
  const others = join(folder, 'others');
  mkdirSync(others, { recursive: true });
  for (const other of needed) shared(others, other, []);
  shared(
    folder,
    name,
    needed.map((other) => join(others, other)),
  );
  rmSync(others, { recursive: true });
}

const shared = (folder: string, name: string, inputs: string[]) =>
  execFileSync('cc', [
    '-shared',
    '-Wl,--no-as-needed',
    `-Wl,-soname,${name}`,
    '-o',
    join(folder, name),
    ...inputs,
  ]);

/** How the command ends with that ONNX Runtime. */
async function animated(folder: string, device: string, env: Record<string, string> = {}) {
  const args = [
    '--portrait',
    portraitFile,
    '--speech',
    speechFile(folder, 0.2),
    '--out',
    join(folder, 'x.mp4'),
  ];
  const engine = device.startsWith('cuda') ? ['--engine', 'onnxruntime'] : [];
  const environment = { ...RUNTIME_ENVIRONMENT, KDTALKER_ORT: join(folder, 'libonnxruntime.so.1'), ...env };
  return run(['animate', ...args, '--device', device, ...engine], { env: environment });
}

const CUDA = 'libonnxruntime_providers_cuda.so';
const TENSORRT = 'libonnxruntime_providers_tensorrt.so';

t.test('what is missing or does not fit: one sentence each, with what to install', async (t) => {
  const cases: [libraries: Record<string, string[]>, device: string, settings: string, stderr: RegExp][] = [
    [
      {},
      'cuda:0',
      '',
      /Expected ONNX Runtime's CUDA provider for device 'cuda:0' but \S+providers_cuda\.so is not there\. Run: npm install onnxruntime-node/,
    ],
    [
      {},
      'cuda:0',
      'form=none',
      /is built without it, and no libonnxruntime_providers_cuda_plugin\.so is beside it\. Name an ONNX Runtime for GPUs in KDTALKER_ORT/,
    ],
    [{}, 'cuda:0', 'api=28', /RUNTIME_NOT_FOUND: Expected ONNX Runtime with API 29 or newer/],
    [
      { [CUDA]: [] },
      'cuda:0',
      '',
      /but libcudnn\.so\.9, which it needs, cannot be opened: .*\. Install cuDNN 9,/,
    ],
    [
      { [CUDA]: ['libcublas.so.13'] },
      'cuda:0',
      '',
      /but libcublas\.so\.13, which it needs, .*\. Install cuBLAS of CUDA 13,/,
    ],
    [
      { 'libcublas.so.12': [], [CUDA]: ['libcublas.so.13'] },
      'cuda:0',
      '',
      /is built for cuBLAS of CUDA 13 \(libcublas\.so\.13\) and this machine has cuBLAS of CUDA 12\. Install cuBLAS of CUDA 13, or an ONNX Runtime for cuBLAS of CUDA 12/,
    ],
    [
      { [CUDA]: ['libcuda.so.1'] },
      'cuda:0',
      '',
      /but libcuda\.so\.1, which it needs, .*\. Install the NVIDIA driver,/,
    ],
    [
      { [TENSORRT]: ['libnvinfer.so.10'] },
      'tensorrt:0',
      '',
      /ONNX Runtime's TensorRT provider for device 'tensorrt:0' but libnvinfer\.so\.10, which .*\. Install TensorRT 10,/,
    ],
    [
      { 'libcudnn.so.9': [], [CUDA]: [] },
      'cuda:0',
      'fail=100',
      /no CUDA-capable device is detected.*start a container with --gpus all/,
    ],
  ];
  for (const [libraries, device, settings, stderr] of cases) {
    const folder = runtimeFolder(t, libraries);
    const ended = await animated(folder, device, { KDTALKER_ORT_DOUBLE: settings });
    t.match(ended, { code: 1, stderr }, String(stderr));
    t.notOk(existsSync(join(folder, 'x.mp4')));
  }
});

t.test('a plugin is found beside ONNX Runtime, or in the folder that is named', async (t) => {
  const plugin = 'libonnxruntime_providers_cuda_plugin.so';
  for (const place of ['.', 'plugins']) {
    const folder = runtimeFolder(t, { 'libcudnn.so.9': [] });
    mkdirSync(join(folder, place), { recursive: true });
    for (const name of [plugin, 'libcudnn.so.9']) shared(join(folder, place), name, []);
    const log = join(folder, 'log');
    const ended = await animated(folder, 'cuda:0', {
      KDTALKER_ORT_DOUBLE: 'form=plugin',
      KDTALKER_ORT_DOUBLE_LOG: log,
      ...(place !== '.' && { KDTALKER_ORT_PROVIDERS: join(folder, place) }),
    });
    t.match(ended, { code: 0 });
    t.match(readFileSync(log, 'utf8'), new RegExp(`^register kdtalker-cuda \\S*${plugin}\n`));
  }
});
