import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { z } from 'zod';

// What `npm run bench` prints and writes; never how fast anything was.

const entry = fileURLToPath(new URL('../benchmarks/run.js', import.meta.url));

interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

async function bench(...args: string[]): Promise<Finished> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [entry, ...args])) };
  } catch (error) {
    return error as Finished;
  }
}

const positive = z.number().positive();
const rowSchema = z.object({
  workload: z.string(),
  unit: z.string(),
  contender: z.enum(['kdtalker', 'ortnode']),
  threads: positive,
  rounds: z.literal(1),
  rate: positive,
  slowest: positive,
  p50: positive,
  p95: positive,
  cpuMs: z.number().min(0),
  peakMiB: positive,
});
const text = z.string().min(1);
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
const verificationSchema = z.object({
  what: text,
  contender: text,
  difference: z.number(),
  passed: z.literal(true),
});
const reportSchema = z.object({
  format: z.literal(1),
  machine: machineSchema,
  verification: z.array(verificationSchema).length(3),
  rows: z.array(rowSchema),
  ratios: z.record(z.string(), positive),
  goals: z.array(z.object({ what: text, value: z.number(), met: z.boolean() })),
});

async function benchWithReport(folder: string, ...args: string[]) {
  const json = path.join(folder, 'bench.json');
  const run = await bench(...args, '--json', json);
  t.equal(run.code, 0, run.stderr);
  return { lines: run.stdout.split('\n'), json: JSON.parse(await readFile(json, 'utf8')) };
}

t.test('every workload of every contender, one table, one file', async (t) => {
  const { lines, json } = await benchWithReport(t.testdir(), '--quick');
  const { rows, ratios, verification, goals } = reportSchema.parse(json);
  t.equal(goals.length, 4, 'speed, first frame and event loop are told against their goals');

  const names = rows.filter(({ contender }) => contender === 'kdtalker').map(({ workload }) => workload);
  t.strictSame(names, [
    ...['load', 'portrait', 'first-frame-cold', 'first-frame', 'render-yuv420p', 'render-rgb24'],
    ...['save', 'save-speech', 'sample', 'motion', 'event-loop'],
  ]);
  t.hasOwnProps(ratios, ['puppet_vs_ortnode', 'sampling_vs_ortnode']);
  const rate = (workload: string, who: string) =>
    rows.find((row) => row.workload === workload && row.contender === who)!.rate;
  t.equal(ratios.sampling_vs_ortnode, rate('sample', 'kdtalker') / rate('sample', 'ortnode'));

  t.equal(
    lines.filter((line) => line.startsWith('same: ')).length,
    verification.length,
    'verified before measuring',
  );
  const ruler = lines.findIndex((line) => /^-+( {2}-+)+$/.test(line));
  const table = lines.slice(ruler + 1, ruler + 1 + rows.length);
  for (const [i, row] of rows.entries())
    t.ok(table[i]!.startsWith(`${row.workload} (`), `a line for ${row.workload}`);
  t.ok(lines.some((line) => /^event loop while rendering.*p99/.test(line)));
});

t.test('a part of it, for several thread counts', async (t) => {
  const { json } = await benchWithReport(t.testdir(), '--quick', '--only', 'sample', '--threads', '1,2');
  const rows = reportSchema
    .parse(json)
    .rows.map(({ workload, contender, threads }) => [workload, contender, threads]);
  t.strictSame(rows, [
    ['sample', 'kdtalker', 1],
    ['sample', 'kdtalker', 2],
    ['sample', 'ortnode', 1],
    ['sample', 'ortnode', 2],
  ]);
});

t.test('memory of a long speech', async (t) => {
  const { lines, json } = await benchWithReport(t.testdir(), '--quick', '--memory');
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

t.test('what cannot be understood is told with the usage', async (t) => {
  for (const args of [['--only', 'walking'], ['--threads', '0'], ['--memory=some'], ['--fast']]) {
    const { code, stderr } = await bench(...args);
    t.equal(code, 2, args.join(' '));
    t.match(stderr, /Usage: npm run bench/);
  }
});
