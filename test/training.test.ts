import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { temporaryFolder } from './support/networks.js';
import {
  compare,
  ended,
  formulaCheckpoint,
  goldenTraining,
  lineOf,
  madeDataset,
  script,
  withoutTorch as skip,
  startTrainer,
  train,
} from './support/training.js';

const SMALL = [
  '--dim',
  '128',
  '--depth',
  '1',
  '--window',
  '16',
  '--batch',
  '4',
  '--peak',
  '1e-3',
  '--warmup',
  '4',
];

t.test('the golden batch: losses, gradients, their norms and the first step', { skip }, async (t) => {
  const golden = goldenTraining();
  const expected = JSON.parse(readFileSync(golden.json, 'utf8'));
  const weights = formulaCheckpoint(join(temporaryFolder(t), 'weights.safetensors'), expected.salt);
  const found = JSON.parse(await script('golden.py', weights, golden.tensors));
  const near = (value: number, wanted: number, bound: number, what: string) =>
    t.ok(Math.abs(value - wanted) <= bound * Math.abs(wanted), `${what}: ${value}, expected ${wanted}`);
  for (const kind of ['plain', 'noisy']) {
    const parts = ['', '_exp', '_pose'].map((part) => expected[`${kind}_loss${part}`]);
    for (const [i, wanted] of parts.entries()) near(found[kind][i], wanted, 1e-5, `${kind} loss ${i}`);
  }
  near(found.norm, expected.gradient_norm, 1e-5, 'norm of all gradients');
  t.same(Object.keys(found.norms).sort(), Object.keys(expected.gradient_norms).sort());
  for (const [name, wanted] of Object.entries(expected.gradient_norms))
    near(found.norms[name], wanted as number, 1e-5, `norm of ${name}`);
  t.same(
    found.without,
    expected.without_gradient.filter((name: string) => !name.endsWith('rotary_emb.freqs')),
  );
  t.ok(Object.keys(found.gradients).length > 0 && Object.keys(found.step).length > 0);
  for (const [name, worst] of Object.entries(found.gradients))
    t.ok((worst as number) < 1e-5, `gradient of ${name}`);
  for (const [name, worst] of Object.entries(found.step))
    t.ok((worst as number) < 1e-3, `step of ${name}: ${worst}`);
  t.equal(found.trained, 42_926_278 - 18_432);
});

t.test('a small network learns two clips by heart', { skip }, async (t) => {
  const folder = temporaryFolder(t);
  const dataset = await madeDataset(join(folder, 'made'), 2, 0, 160);
  const lines = await train([
    ...['--dataset', dataset, '--out', join(folder, 'run'), '--dim', '128', '--depth', '2', '--window', '32'],
    ...[
      '--batch',
      '16',
      '--peak',
      '3e-3',
      '--warmup',
      '20',
      '--steps',
      '300',
      '--log-every',
      '50',
      '--audio-noise',
      '0',
    ],
  ]);
  const losses = lines.filter(({ event }) => event === 'step').map(({ loss }) => loss as number);
  t.equal(losses.length, 6);
  t.ok(losses.at(-1)! < 0.15, `mean loss of steps 250 to 300: ${losses.at(-1)}`);
  t.same(lines.map(({ event }) => event).slice(-2), ['checkpoint', 'done']);
  t.match(lines[0], { event: 'begin', parameters: 1_170_438, clips: 2, device: 'cpu' });
});

t.test(
  'a run that was stopped, killed or spread over processes gives the same weights',
  { skip },
  async (t) => {
    const folder = temporaryFolder(t);
    const dataset = await madeDataset(join(folder, 'made'), 6, 2, 60);
    const options = [...SMALL, '--ema', '0.9', '--audio-dropout', '0.1', '--checkpoint-every', '6'];
    const looks = ['--validate-every', '12', '--sample-every', '12', '--log-every', '1'];
    const of = (name: string, steps: number) => [
      ...['--dataset', dataset, '--out', join(folder, name), ...options, ...looks, '--steps', String(steps)],
    ];
    const file = (name: string, step: number) =>
      join(folder, name, `step-${String(step).padStart(9, '0')}.pth`);
    const lines = await train(of('whole', 12), of('long', 24));
    t.ok(lines.find(({ event }) => event === 'samples'));
    const validation = lines.find(({ event }) => event === 'validation')!;
    t.equal((validation.bins as number[]).length, 10);
    t.same(
      readdirSync(join(folder, 'long')).filter((name) => name !== 'best.pth'),
      ['step-000000012.pth', 'step-000000018.pth', 'step-000000024.pth'],
      'the last three checkpoints stay, and the best',
    );
    t.ok(existsSync(join(folder, 'long/best.pth')));
    const slow = await train([...of('slow', 40), '--batch', '16', '--peak', '3e-3', '--ema', '0.99999']);
    const last = (event: string) => Number(slow.filter((line) => line.event === event).at(-1)!.loss);
    t.ok(last('step') < 0.8, `the weights have learned: ${last('step')}`);
    t.ok(Math.abs(last('validation') - 1) < 0.01, `their average has not yet: ${last('validation')}`);

    mkdirSync(join(folder, 'resumed'));
    cpSync(file('whole', 6), file('resumed', 6));
    writeFileSync(`${file('resumed', 8)}.part`, 'what a killed process left');
    const killed = startTrainer(of('killed', 24));
    await lineOf(killed, 'checkpoint', 6);
    killed.kill('SIGKILL');
    t.equal(await ended(killed), 'SIGKILL');
    const stopped = startTrainer(of('stopped', 24));
    await lineOf(stopped, 'step', 8);
    stopped.kill('SIGINT');
    t.equal(await ended(stopped), 0, 'Ctrl-C is no failure');
    t.notOk(existsSync(file('stopped', 24)));

    const meeting = ['--processes', '2', '--rendezvous', join(folder, 'meeting')];
    const two = ['0', '1'].map((rank) => startTrainer([...of('two', 12), ...meeting, '--rank', rank]));
    t.same(await Promise.all(two.map(ended)), [0, 0]);
    await train(of('resumed', 12), of('killed', 24), of('stopped', 24), [
      ...of('parts', 12),
      '--accumulate',
      '2',
    ]);
    t.notOk(existsSync(`${file('resumed', 8)}.part`));
    const [resumed, again, interrupted, parallel, parts] = await compare(
      [file('whole', 12), file('resumed', 12)],
      [file('long', 24), file('killed', 24)],
      [file('long', 24), file('stopped', 24)],
      [file('whole', 12), file('two', 12)],
      [file('whole', 12), file('parts', 12)],
    );
    for (const [name, found] of Object.entries({ resumed, again, interrupted }))
      t.ok(found!.same && found!.tensors > 50, `${name}: every bit, the optimiser's too`);
    t.ok(parallel!.distance < 1e-5, `two processes: ${parallel!.distance} of the weights' norm`);
    t.ok(parts!.distance < 1e-5, `two parts: ${parts!.distance} of the weights' norm`);
  },
);

t.test('every option does what it says, and nothing by default', { skip }, async (t) => {
  const dataset = await madeDataset(join(temporaryFolder(t), 'made'), 3, 0, 60);
  const found = JSON.parse(await script('options.py', dataset));
  t.same(found.again, [], 'the same step has the same numbers');
  t.same(found.next.sort(), ['audio', 'canonical', 'noise', 'reference', 't', 'x0']);
  t.same(found.halves, [true, []], 'rows do not depend on who draws them, nor on the noise of the audio');
  t.ok(Math.abs(found.noisy - 0.7) < 0.12, `${found.noisy} of all steps are noisy`);
  t.ok(found.audioNoise < 1e-5, "mean and deviation of the whole batch's audio");
  t.ok(found.prefixNoise > 0, 'the prefix gets noise too');
  t.equal(found.quiet, true);
  t.same([found.dropout[0] > 0 && found.dropout[0] < 8, found.dropout[1]], [true, ['audio']]);
  t.same(found.reference, ['reference']);
  t.ok(Math.abs(found.floor - 0.2) < 1e-6);
  t.same(found.still, [1]);
  t.ok(Math.abs(found.ema - 0.1) < 1e-6);
  t.equal(found.decays.length, 2);
  const golden = JSON.parse(readFileSync(goldenTraining().json, 'utf8')).learning_rate as Record<
    string,
    number
  >;
  const rates = Object.values(golden);
  t.same(found.rates.length, rates.length);
  for (const [i, rate] of rates.entries()) t.ok(Math.abs(found.rates[i] - rate) < 1e-12, `rate ${i}`);
  const losses = Object.values(found.losses as Record<string, number>);
  t.equal(new Set(losses).size, losses.length, 'each ablation is another network');
  t.ok(Math.abs(found.losses.bf16 / found.losses.plain - 1) < 0.05);
  t.same(found.ahead, [8, 8, 8, 8, 8]);
  const clips = ['clip0', 'clip1', 'clip2'];
  t.same(found.epochs, [clips, clips], 'an epoch takes one window of every clip');
});

t.test('wrong folders and options are told in one sentence', { skip }, async (t) => {
  const folder = temporaryFolder(t);
  const dataset = await madeDataset(join(folder, 'made'), 2, 0, 60);
  const run = ['--dataset', dataset, '--out', join(folder, 'run'), ...SMALL, '--steps', '1'];
  const refusal = async (...args: string[]) => {
    const child = startTrainer(args);
    const { message } = await lineOf(child, 'error');
    t.equal(await ended(child), 1);
    return message;
  };
  t.match(
    await refusal('--dataset', folder, '--out', join(folder, 'run')),
    /Expected a dataset in .* cannot be read/,
  );
  await train(run);
  const other = await refusal(...run, '--seed', '1');
  t.match(
    other,
    /Expected 0 for seed, as '.*step-000000001\.pth' has it, but received 1\. Choose another folder/,
  );
});

/** Modules of Python itself that the trainer uses. */
const STANDARD = [
  ...['argparse', 'collections', 'concurrent', 'copy', 'dataclasses', 'functools', 'hashlib', 'json', 'math'],
  ...['mmap', 'contextlib', 'os', 'pathlib', 're', 'signal', 'struct', 'sys', 'time', 'typing'],
];

t.test('the Python has at most 900 lines and needs PyTorch alone', async (t) => {
  const folder = fileURLToPath(new URL('../training/', import.meta.url));
  const files = readdirSync(folder).filter((name) => name.endsWith('.py'));
  const texts = files.map((name) => readFileSync(join(folder, name), 'utf8'));
  t.ok(texts.join('').split('\n').length <= 901, 'lines');
  const imported = texts.flatMap((text) =>
    [...text.matchAll(/^(?:import|from) ([a-z_]+)/gm)].map(([, name]) => name!),
  );
  const foreign = new Set(imported.filter((name) => !files.includes(`${name}.py`)));
  t.same([...foreign].filter((name) => !STANDARD.includes(name)).sort(), ['torch']);
});
