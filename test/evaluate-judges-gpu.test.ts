// Judges on `cuda:0`, here the double of CUDA: the networks' golden numbers, inputs of any size, and an evaluation by the command.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addJudges, evaluate, type JudgeName } from 'kdtalker';
import t from 'tap';
import { MmodFinder } from '../dist/evaluate/judged/mmod-finder.js';
import { mfcc } from '../dist/evaluate/sync/mfcc.js';
import { cut } from '../dist/face/resample.js';
import { openJudge } from '../dist/packs/judges/open.js';
import { Graph, type Value } from '../dist/packs/onnx/index.js';
import { changed, recording, resultFiles, smallBench } from './support/bench.js';
import { run } from './support/cli.js';
import { CUDA_ENVIRONMENT, takeCudaDouble } from './support/cuda-double.js';
import { evalFile, evalPicture, evalSamples, evalTensors, goldenCase, rows } from './support/golden-eval.js';
import { LISTS, openedJudge, planesOfAll } from './support/judges.js';
import { fails } from './support/media.js';
import { near } from './support/networks.js';
import { astronautFile, loadPicture } from './support/pictures.js';

takeCudaDouble();
const GPU = 'cuda:0';

/** A network, the case's picture that it sees, and the golden numbers of its outputs. */
interface Seen {
  judge: JudgeName;
  network: string;
  file: string;
  change: (value: number, channel: number) => number;
  wanted: () => Record<string, ArrayLike<number>>;
}

const [MEAN, DEVIATION] = [
  [0.485, 0.456, 0.406],
  [0.229, 0.224, 0.225],
];
const first = (file: string, name: string) => rows(evalTensors(file)(name))[0]!;

const SEEN: Seen[] = [
  {
    ...{ judge: 's3fd', network: 'faces', file: 's3fd_input.png' },
    change: (value, c) => value - [123, 117, 104][c]!,
    wanted: () => ({
      loc: evalTensors('s3fd.safetensors')('loc').data,
      conf: evalTensors('s3fd.safetensors')('conf').data,
    }),
  },
  {
    ...{ judge: 'hopenet', network: 'pose', file: 'hopenet_0.png' },
    change: (value, c) => (value / 255 - MEAN![c]!) / DEVIATION![c]!,
    wanted: () => ({ pooled: first('hopenet.safetensors', 'pooled') }),
  },
  {
    ...{ judge: 'inception', network: 'features', file: 'portrait.png' },
    change: (value) => value / 255,
    wanted: () => ({ pool3: first('inception.safetensors', 'pool3') }),
  },
  {
    ...{ judge: 'arcface', network: 'identity', file: 'arcface_0.png' },
    change: (value) => (value - 127.5) / 127.5,
    wanted: () => ({ embedding: first('arcface.safetensors', 'embeddings') }),
  },
];

for (const { judge, network, file, change, wanted } of SEEN)
  goldenCase(`${judge} on a GPU`, [LISTS, `${judge}.safetensors`, file], async (t) => {
    const see = await openedJudge(t, judge, network, GPU);
    const found = await see(planesOfAll([await evalPicture(file)], change));
    for (const [name, values] of Object.entries(wanted())) near(t, found[name]!, values, 1e-4, name);
  });

goldenCase("SyncNet's eye and ear on a GPU", [LISTS, 'syncnet.safetensors', 'clip.wav'], async (t) => {
  const [eye, ear] = [
    await openedJudge(t, 'syncnet', 'visual', GPU),
    await openedJudge(t, 'syncnet', 'audio', GPU),
  ];
  const [unlike] = [await openedJudge(t, 'syncnet', 'visual')];
  const columns = mfcc(evalSamples('clip.wav'));
  const data = Float32Array.from({ length: 2 * 260 }, (_, i) => {
    const [window, at] = [Math.floor(i / 260), i % 260];
    return columns[4 * window + (at % 20)]![Math.floor(at / 20)]!;
  });
  const { audio } = await ear({ dims: [2, 1, 13, 20], data });
  near(t, audio!, evalTensors('syncnet.safetensors')('audio').data.subarray(0, 2048), 1e-4, 'audio');
  const frames = {
    dims: [1, 3, 5, 224, 224],
    data: Float32Array.from({ length: 15 * 224 * 224 }, (_, i) => (i * 7919) % 256),
  };
  const [ours, theirs] = [await eye(frames), await unlike(frames)];
  near(t, ours.visual!, theirs.visual!, 1e-4, 'visual');
});

goldenCase('pictures of any size on a GPU', [LISTS, 's3fd_input.png'], async (t) => {
  const [gpu, cpu] = [await openedJudge(t, 's3fd', 'faces', GPU), await openedJudge(t, 's3fd', 'faces')];
  const whole = await evalPicture('s3fd_input.png');
  for (const [right, bottom] of [
    [44, 61],
    [60, 29],
    [44, 61],
  ] as const) {
    const part = planesOfAll([cut(whole, { left: 0, top: 0, right, bottom })], (value) => value - 110);
    const [ours, theirs] = [await gpu(part), await cpu(part)];
    for (const name of ['loc', 'conf']) near(t, ours[name]!, theirs[name]!, 1e-4, `${name}, ${right}`);
  }
});

goldenCase("dlib's detector on a GPU", ['mmod_human_face_detector.dat'], async (t) => {
  const out = t.testdir();
  const judges = await addJudges({ out, files: { mmod: evalFile('mmod_human_face_detector.dat') } });
  const picture = cut(await loadPicture(astronautFile()), { left: 128, top: 0, right: 352, bottom: 224 });
  const facesOn = async (device: string) => {
    const { faces } = await openJudge(out, judges, 'mmod', { threads: 2, device, signal: undefined });
    t.teardown(() => faces!.close());
    return new MmodFinder(faces!).find(picture);
  };
  const [ours, theirs] = [await facesOn(GPU), await facesOn('cpu')];
  t.equal(ours.length, 1);
  t.same(
    ours.map(({ box }) => box),
    theirs.map(({ box }) => box),
  );
  near(t, [ours[0]!.confidence], [theirs[0]!.confidence], 1e-4, 'confidence');
});

/** A small network with the interface of ArcFace's file, of an opset as old as that. */
function identityFile(file: string, more: (g: Graph, x: Value) => Value): string {
  const g = new Graph('any', { description: '', opset: 11 });
  const face = g.input('input.1', 'float32', ['None', 3, 112, 112]);
  const weights = Float32Array.from({ length: 16 * 27 }, (_, i) => Math.sin(i));
  const seen = g.op('Conv', [face, g.constant('w', weights, [16, 3, 3, 3])], { strides: [8, 8] });
  const bent = g.op('PRelu', [seen, g.constant('slopes', new Float32Array(16).fill(0.25), [16, 1, 1])]);
  const flat = more(g, bent.reshape(-1, 16 * 14 * 14));
  const matrix = Float32Array.from({ length: 512 * 3136 }, (_, i) => Math.cos(0.37 * i));
  g.output(
    '683',
    g.op('Gemm', [flat, g.constant('m', matrix, [512, 3136])], { transB: 1 }),
    'float32',
    [1, 512],
  );
  writeFileSync(file, g.toBytes());
  return file;
}

t.test('kdtalker evaluate score --device cuda:0', async (t) => {
  const folder = t.testdir({ takes: {}, ours: {} });
  await recording(t, join(folder, 'takes'), 6);
  const bench = await smallBench(folder, join(folder, 'takes'));
  changed(join(bench, 'take/real.mp4'), join(folder, 'ours/take.mp4'), '-crf', '40');
  const judges = join(folder, 'judges');
  const file = identityFile(join(folder, 'w600k_r50.onnx'), (_, x) => x);
  await addJudges({ out: judges, files: { arcface: file } });
  const given = { bench, judges, methods: { ours: join(folder, 'ours') } };
  const { table } = await evaluate({ ...given, out: join(folder, 'on-cpu') });
  const command = (out: string, device: string) => [
    ...[
      'evaluate',
      'score',
      '--bench',
      bench,
      '--judges',
      judges,
      '--method',
      `ours=${join(folder, 'ours')}`,
    ],
    ...['--device', device, '--out', join(folder, out), '--json'],
  ];
  const around = { env: CUDA_ENVIRONMENT };
  const ended = await run(command('on-gpu', GPU), around);
  t.equal(ended.code, 0, ended.stderr);
  const files = resultFiles(join(folder, 'on-gpu'));
  const other = JSON.parse(files['table.json']!) as typeof table;
  t.match(other.notes.join('\n'), /judges computed on a GPU/);
  for (const [i, { name, metrics }] of table.methods.entries())
    for (const metric of ['csim', 'csimPaired'] as const) {
      const [ours, theirs] = [other.methods[i]!.metrics[metric].mean!, metrics[metric].mean!];
      t.ok(Math.abs(ours - theirs) < 1e-5, `${metric} of ${name}: ${ours}, ${theirs}`);
    }
  t.ok(other.methods[1]!.metrics.csimPaired.mean! < 1 - 1e-6);
  t.equal((await run(command('on-gpu', 'cuda'), around)).code, 0);
  t.same(resultFiles(join(folder, 'on-gpu')), files, 'the same run again');
  t.match(await run(command('on-gpu', 'cpu'), around), { code: 2, stdout: /which belongs to others/ });
  t.match(await run(command('no', 'tensorrt:0'), around), { code: 2, stdout: /one of cpu, cuda, cuda:N/ });
  await fails(
    t,
    () => evaluate({ ...given, out: 'no', device: 'gpu' }),
    'INVALID_ARGUMENT',
    /'cpu', 'cuda' or 'cuda:N'/,
  );
  t.match(await run(command('no', 'cuda:7'), around), { code: 1, stdout: /DEVICE_UNAVAILABLE/ });
});

t.test('a network that plans lack is refused by name, before anything is measured', async (t) => {
  const folder = t.testdir({ judges: {} });
  const out = join(folder, 'judges');
  const file = identityFile(join(folder, 'odd.onnx'), (g, x) => g.op('Hardmax', [x]));
  const judges = await addJudges({ out, files: { arcface: file } });
  const opened = () => openJudge(out, judges, 'arcface', { threads: 1, device: GPU, signal: undefined });
  await fails(t, opened, 'OPERATOR_UNSUPPORTED', /node '.*' of role 'arcface-identity' but received Hardmax/);
});
