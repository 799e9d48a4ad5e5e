import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { readFile, watch } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { z } from 'zod';
import { type Ended, run, start } from './support/cli.js';

// The output, files and errors of `kdtalker bench`; never its speeds.

const bench = (args: readonly string[], env: Record<string, string | undefined> = {}): Promise<Ended> =>
  run(['bench', ...args], { env: { KDTALKER_PYTHON: undefined, ...env } });

const positive = z.number().positive();
const text = z.string().min(1);
const stageSchema = z.object({ p50: z.number().min(0), p95: z.number().min(0) });
const rowSchema = z.object({
  workload: text,
  unit: text,
  contender: text,
  label: text,
  ours: z.boolean(),
  precision: z.enum(['fp32', 'bf16']),
  threads: positive,
  atOnce: positive,
  rounds: z.literal(1),
  rate: positive,
  slowest: positive,
  p50: positive,
  p95: positive,
  cpuMs: z.number().min(0),
  peakMiB: positive,
  stages: z.record(z.string(), stageSchema),
});
const machineSchema = z.object({
  date: z.iso.datetime(),
  cpu: text,
  cores: positive,
  memoryGiB: positive,
  system: text,
  load: z.number(),
  node: z.literal(process.version),
  kdtalker: text,
  commit: text,
  runtime: text,
  ortnode: text,
});
const ceilingSchema = z.object({
  precision: z.enum(['fp32', 'bf16']),
  unit: text,
  oneCore: positive,
  allCores: positive,
});
const verificationSchema = z.object({
  pack: z.enum(['puppet', 'full']),
  what: text,
  contender: text,
  difference: z.number(),
  passed: z.literal(true),
});
const reportSchema = z.object({
  format: z.literal(2),
  machine: machineSchema,
  ceilings: z.array(ceilingSchema).min(1).max(2),
  packs: z.record(z.string(), z.object({ name: text })),
  verification: z.array(verificationSchema),
  skipped: z.array(z.object({ pack: text, contender: text, reason: text })),
  rows: z.array(rowSchema),
  ratios: z.record(z.string(), positive.nullable()),
  missing: z.record(z.string(), z.object({ reason: text, asked: z.boolean() })),
  goals: z.array(z.object({ what: text, value: z.number(), met: z.boolean() })),
});

/** The names that the ratios of every run have. */
const RATIOS = [
  'fp32_vs_ort',
  'fp32_vs_torch',
  'bf16_vs_torch_bf16',
  'sampling_vs_ortnode',
  'puppet_vs_ortnode',
];

async function benchWithReport(folder: string, ...args: string[]) {
  const json = join(folder, 'bench.json');
  const ended = await bench([...args, '--json', json]);
  t.equal(ended.code, 0, ended.stderr);
  return { lines: ended.stdout.split('\n'), json: JSON.parse(await readFile(json, 'utf8')) };
}

/** The first words of the tables' lines, without stages. */
function tableRows(lines: string[]): string[] {
  return lines.filter((line) => /^\S+ \(.+\) {2}/.test(line)).map((line) => line.split(' ')[0]!);
}

t.test('every workload of the built-in pack: verified, one table, one file', async (t) => {
  const { lines, json } = await benchWithReport(
    t.testdir(),
    ...['--quick', '--workloads', 'puppet', '--contenders', 'fp32', '--threads', '1,2'],
  );
  const { rows, ratios, missing, verification, goals } = reportSchema.parse(json);
  t.equal(goals.length, 4, 'speed, first frame and event loop are told against their goals');
  const ours = rows.filter((row) => row.ours).map(({ workload }) => workload.replace('puppet/', ''));
  t.strictSame(ours, [
    ...['load', 'portrait', 'first-frame-cold', 'first-frame', 'render-yuv420p', 'render-yuv420p'],
    ...['render-rgb24', 'save', 'save', 'save-speech', 'sample', 'sample', 'motion', 'event-loop'],
  ]);
  const compared = rows.filter(({ workload }) => workload === 'puppet/sample');
  t.strictSame(
    compared.map(({ threads }) => threads),
    [1, 2],
  );
  for (const name of RATIOS) t.equal(ratios[name], null, `no ${name} of one contender`);
  t.match(missing.puppet_vs_ortnode, { reason: /^onnxruntime-node was not asked for/, asked: true });

  t.equal(verification.length, 4, 'three layouts and the motion');
  t.equal(lines.filter((line) => line.startsWith('same: ')).length, verification.length);
  t.strictSame(
    tableRows(lines),
    rows.map(({ workload }) => workload),
  );
  t.ok(lines.some((line) => /^event loop while rendering.*p99/.test(line)));
  t.ok(lines.some((line) => /^ceiling fp32: \d+ GFLOP/.test(line)));
});

t.test('stages, clips at once, and who is missing', async (t) => {
  const { lines, json } = await benchWithReport(
    t.testdir(),
    ...['--quick', '--pack', 'puppet', '--workloads', 'full/frame-4,full/sample', '--threads', '2'],
    ...['--contenders', 'fp32,ortnode,torch-fp32'],
  );
  const { rows, ratios, missing, skipped } = reportSchema.parse(json);
  t.strictSame(
    rows.map(({ workload, contender, threads, atOnce }) => [workload, contender, threads, atOnce]),
    [
      ['full/frame-4', 'fp32', 2, 4],
      ['full/frame-4', 'ortnode', 2, 4],
      ['full/sample', 'fp32', 2, 1],
      ['full/sample', 'ortnode', 2, 1],
    ],
  );
  for (const { workload, stages } of rows)
    t.strictSame(
      Object.keys(stages).sort(),
      workload === 'full/sample' ? ['audio', 'sample'] : ['convert', 'warp'],
    );
  t.match(skipped, [{ pack: 'full', contender: 'torch-fp32', reason: /^KDTALKER_PYTHON/ }]);
  t.equal(ratios.batch4_fp32_vs_torch, null);
  t.match(missing.batch4_fp32_vs_torch, { reason: /^KDTALKER_PYTHON/, asked: true });
  t.match(missing.puppet_vs_ortnode, { asked: false });
  const [ours, theirs] = rows.filter(({ workload }) => workload === 'full/sample');
  t.equal(ratios.sampling_vs_ortnode, ours!.rate / theirs!.rate);
  t.ok(lines.some((line) => /^batch4_fp32_vs_torch: none, KDTALKER_PYTHON/.test(line)));
  t.notOk(lines.some((line) => line.startsWith('puppet_vs_ortnode')));
  t.equal(lines.filter((line) => /^ {2}warp /.test(line)).length, 2, 'a line for each stage');
});

/** A "Python" that receives a request for pictures and draws others. */
const LIAR = `#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
const { task, folder, chosen } = JSON.parse(process.argv[3]);
if (task === 'verify') {
  const grey = new Float32Array(3 * 512 * 512).fill(0.5);
  chosen.forEach((_, i) => writeFileSync(folder + '/torch-image-' + i + '.f32', grey));
  writeFileSync(folder + '/torch-motion.f32', new Float32Array(64 * 70).fill(NaN));
}
console.log(JSON.stringify({ version: '0', task }));
`;

t.test('whoever makes something else is not measured', async (t) => {
  const folder = t.testdir();
  const liar = join(folder, 'python');
  writeFileSync(liar, LIAR);
  chmodSync(liar, 0o755);
  const json = join(folder, 'bench.json');
  const { code, stdout } = await bench(
    [
      ...['--quick', '--pack', 'puppet', '--checkpoints', folder, '--workloads', 'full/frame'],
      ...['--contenders', 'ort,torch-fp32', '--json', json],
    ],
    { KDTALKER_PYTHON: liar },
  );
  t.equal(code, 1);
  t.match(
    stdout,
    /^DIFFERENT: 1 frames rgbf32, torch-fp32 and the reference: .* PSNR [\d.]+ dB \(90 dB needed\)$/m,
  );
  t.match(stdout, /^DIFFERENT: motion of a window, torch-fp32/m, 'NaN is no motion');
  t.same(tableRows(stdout.split('\n')), []);
  t.match(JSON.parse(await readFile(json, 'utf8')), { failed: true, rows: undefined });
});

t.test('memory of a long speech', async (t) => {
  const { lines, json } = await benchWithReport(t.testdir(), '--quick', '--memory', '--contenders', 'fp32');
  const schema = z.object({
    rows: z.array(z.object({ seconds: positive, frames: z.literal(30), peakMiB: positive })).length(2),
    difference: z.number(),
    allowed: z.literal(100),
    passed: z.boolean(),
  });
  const memory = schema.parse(json.memory);
  t.strictSame(
    memory.rows.map(({ seconds }) => seconds),
    [30, 1800],
  );
  t.ok(lines.some((line) => line.startsWith(`${memory.difference.toFixed(0)} MiB more`)));
});

const row = (workload: string, contender: string, ours: boolean, rate: number) => ({
  ...{ workload, contender, label: contender, ours, rate, unit: 'frame', threads: 2, rounds: 3 },
});

/** A stored run. */
const KEPT = {
  format: 2,
  machine: {
    ...{ date: '2026-11-26T12:00:00.000Z', cpu: 'A <fast> & "new" one', cores: 2, memoryGiB: 24 },
    ...{
      system: 'Linux 6',
      node: 'v20.20.2',
      kdtalker: '0.1.0',
      commit: 'abc',
      runtime: '1.30.0',
      ortnode: '1.30.0',
    },
    torch: '2.13.0',
  },
  settings: { quick: false },
  packs: { full: { name: 'kdtalker-synthetic 1.0.0' } },
  rows: [
    row('full/frame', 'torch-fp32', false, 0.2),
    row('full/frame', 'ort', false, 0.25),
    row('full/frame', 'fp32', true, 0.5),
    row('full/frame', 'fp32', true, 1),
    row('puppet/load', 'fp32', true, 20),
  ],
};

t.test('a kept run becomes a picture', async (t) => {
  const folder = t.testdir({ 'run.json': JSON.stringify(KEPT), 'other.json': '{}' });
  const svg = join(folder, 'bench.svg');
  const { code, stderr } = await bench(['--from', join(folder, 'run.json'), '--chart', svg]);
  t.equal(code, 0, stderr);
  const picture = await readFile(svg, 'utf8');
  t.match(picture, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox/);
  t.ok(picture.trimEnd().endsWith('</svg>'));
  for (const word of [
    'kdtalker fp32',
    'ONNX Runtime',
    'PyTorch fp32',
    '2026-11-26',
    'kdtalker 0.1.0 (abc)',
    'best of 3 rounds',
  ])
    t.ok(picture.includes(word), word);
  t.ok(picture.includes('A &#60;fast&#62; &#38; &#34;new&#34; one'), 'names cannot break it');
  t.ok(picture.includes('1.00 (4.00 ×)'), "the best round's rate over the best of the others");
  t.same(picture.match(/<rect class="(ours|other)"/g), [
    '<rect class="ours"',
    '<rect class="other"',
    '<rect class="other"',
  ]);
  const widths = [...picture.matchAll(/<rect .*? width="([\d.]+)"/g)].map(([, width]) => Number(width));
  t.ok(Math.abs(widths[0]! / widths[1]! - 4) < 0.01, 'bars are as long as rates are high');

  for (const file of ['other.json', 'none.json']) {
    const wrong = await bench(['--from', join(folder, file), '--chart', svg]);
    t.equal(wrong.code, 2);
    t.match(wrong.stderr, /INVALID_ARGUMENT: Expected a report of 'kdtalker bench --json' in /);
  }
  t.match(await bench(['--from', join(folder, 'run.json')]), { code: 2, stderr: /Expected --chart FILE/ });
});

t.test('what cannot be understood is told', async (t) => {
  const wrong: [string[], RegExp][] = [
    [
      ['--workloads', 'walking'],
      /Expected a workload for --workloads but received 'walking'\. There are pup/,
    ],
    [['--workloads', 'puppet,'], /Expected words with commas for --workloads/],
    [['--contenders', 'fp64'], /Expected contenders for --contenders but received 'fp64'\. There are fp32/],
    [['--threads', '1,0'], /Expected an integer from 1 to 256 for --threads but received '0'/],
    [['--workloads', 'live', '--seeds', '4'], /Expected none without --workloads joins for --seeds/],
    [['--json'], /Expected FILE for --json but received nothing/],
    [['--fast'], /Expected a known option but received --fast/],
  ];
  for (const [args, message] of wrong) {
    const { code, stderr } = await bench(args);
    t.equal(code, 2, args.join(' '));
    t.match(stderr, message);
  }
});

t.test('a run that is stopped keeps and prints what it measured, and can go on', async (t) => {
  const json = join(t.testdir(), 'run.json');
  const args = ['--quick', '--workloads', 'puppet/load,puppet/portrait,puppet/first-frame', '--json', json];
  const running = start(['bench', ...args, '--contenders', 'fp32', '--rounds', '2']);
  const kept = await Promise.race([measuredAtLeast(json, 3), endedEarly(running.ended)]);
  running.child.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  t.equal(code, 130, stderr);
  t.match(stdout, /^Stopped: .* To continue it, add --continue --json /m);
  t.ok(tableRows(stdout.split('\n')).includes('puppet/load'), 'the table has what there is');
  const stopped = JSON.parse(await readFile(json, 'utf8'));
  t.strictSame(stopped.stopped.measured.slice(0, kept.length), kept, 'nothing is lost');

  const other = await bench([...args, '--contenders', 'fp32', '--rounds', '1', '--continue']);
  t.match(other, { code: 2, stderr: /Expected the settings .*"rounds":2/ }, 'other settings are another run');
  const whole = await bench([...args, '--contenders', 'fp32', '--rounds', '2', '--continue']);
  t.equal(whole.code, 0, whole.stderr);
  const report = JSON.parse(await readFile(json, 'utf8'));
  t.equal(report.stopped, undefined);
  t.strictSame([...new Set(report.rows.map((row: { rounds: number }) => row.rounds))], [2]);
  t.strictSame(report.ceilings, kept[0]![1], 'what was measured is not measured again');
  t.match(await bench([...args, '--continue']), { code: 2, stderr: /Expected a run that was stopped/ });
  t.match(await bench(['--continue']), { code: 2, stderr: /Expected --json FILE with --continue/ });
});

async function endedEarly(ended: Promise<Ended>): Promise<never> {
  throw new Error(`Expected a run under way but it ended: ${(await ended).stderr}`);
}

/** Waits until the file of a running benchmark holds at least `count` measurements, and returns them. */
async function measuredAtLeast(file: string, count: number): Promise<[string, unknown][]> {
  for await (const _ of watch(dirname(file))) {
    const report = await readFile(file, 'utf8').then(JSON.parse, () => undefined);
    const measured = report?.stopped?.measured ?? [];
    if (measured.length >= count) return measured;
  }
  throw new Error('unreachable');
}

t.test('memory is the process’s own, however large the process that started it', async (t) => {
  const peak = new URL('../benchmarks/peak.js', import.meta.url).href;
  const child = `import('${peak}').then(({ peakMiB }) => console.log(peakMiB()))`;
  const parent = `const large = Buffer.alloc(600 << 20, 1);
    const { execFileSync } = await import('node:child_process');
    const small = Number(execFileSync(process.execPath, ['-e', ${JSON.stringify(child)}]));
    const { peakMiB } = await import('${peak}');
    console.log(JSON.stringify({ small, own: peakMiB(), large: large.length }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', parent]);
  const { small, own } = JSON.parse(stdout);
  t.ok(own > 600, `the parent's ${own} MiB`);
  t.ok(small < 300, `the child's ${small} MiB`);
});

t.test('PyTorch’s bf16 is left out where the processor would emulate it', async (t) => {
  const { bf16Refusal } = (await import('../benchmarks/contenders/torch/bf16.js' as string)) as {
    bf16Refusal(precision: string, cpuinfo: string): string | undefined;
  };
  const cpuinfo = (flags: string) => `processor\t: 0\nflags\t\t: fpu ${flags} sse2\n`;
  t.match(bf16Refusal('bf16', cpuinfo('avx2')), /none of avx512_bf16, amx_bf16: PyTorch would emulate/);
  t.equal(bf16Refusal('bf16', cpuinfo('avx512_bf16')), undefined);
  t.equal(bf16Refusal('bf16', cpuinfo('amx_bf16')), undefined);
  t.equal(bf16Refusal('fp32', cpuinfo('avx2')), undefined);
});
