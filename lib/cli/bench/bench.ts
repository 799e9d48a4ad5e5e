import { readFile } from 'node:fs/promises';
import { native } from '../../binding.js';
import { invalidArgument, KdtalkerError, throwIfAborted } from '../../errors.js';
import { writeWholeFile } from '../../files/whole-file.js';
import type { Context } from '../command.js';
import type { BenchValues } from './options.js';

/** Options and result of a run, as in benchmarks/bench.js. */
interface Benchmarks {
  bench(given: object, out: Outputs): Promise<Report>;
}
interface GpuBenchmarks {
  benchOnGpu(given: object, out: Outputs): Promise<Report>;
}
interface StreamBenchmarks {
  benchStreams(given: object, out: Outputs): Promise<Report>;
}
interface Charts {
  chart(report: Report): string;
}
interface Outputs {
  print(lines: string[]): void;
  progress(text: string): void;
  signal: AbortSignal;
  keep?(report: Report): Promise<void>;
}
interface Report {
  format: number;
  failed?: boolean;
  /** Whether the run was stopped: the report then holds all results until the stop. */
  stopped?: object;
}

/** The report format from which charts are drawn. */
const FORMAT = 2;

/** `kdtalker bench`. Returns the exit code: 1 if a contender's output differs from the reference's. */
export async function bench(values: BenchValues, context: Context): Promise<number> {
  if (values.from !== undefined && values.chart === undefined)
    throw new KdtalkerError('INVALID_ARGUMENT', 'Expected --chart FILE with --from but received none');
  if (values.continue && values.json === undefined)
    throw new KdtalkerError('INVALID_ARGUMENT', 'Expected --json FILE with --continue but received none');
  const report = values.from === undefined ? await measure(values, context) : await readReport(values.from);
  if (values.json !== undefined) await writeWholeFile(values.json, json(report));
  if (report.stopped) throwStopped(values, context);
  if (values.chart !== undefined && !report.failed) await draw(report, values.chart);
  return report.failed ? 1 : 0;
}

/** The benchmarks lie beside dist/ in the package; they use the public interface like any program. */
async function beside<T>(file: string): Promise<T> {
  return (await import(new URL(`../../../benchmarks/${file}`, import.meta.url).href)) as T;
}

async function measure(values: BenchValues, { reporter, signal }: Context): Promise<Report> {
  const run = await benchmarkOf(values);
  const {
    json: file,
    chart: _chart,
    from: _from,
    continue: goesOn,
    'all-frames': allFrames,
    ...given
  } = values;
  const earlier = goesOn && file !== undefined ? await readReport(file) : undefined;
  const keep = file === undefined ? {} : { keep: (report: Report) => writeWholeFile(file, json(report)) };
  const print = (lines: string[]) => reporter.result(() => [...lines, ''], {});
  const progress = progressLine('quiet' in values);
  try {
    return await run({ ...given, allFrames, earlier }, { print, progress, signal, ...keep });
  } finally {
    progress('');
  }
}

async function benchmarkOf(values: BenchValues): Promise<Benchmarks['bench']> {
  const joins = values.workloads?.includes('joins') && values.device === undefined;
  if (values.seeds !== undefined && !joins)
    throw invalidArgument('none without --workloads joins', '--seeds', values.seeds);
  if (values.device !== undefined) return onGpu(values);
  if (values.workloads?.some((word) => OF_STREAMS.includes(word))) return ofStreams(values);
  return (await beside<Benchmarks>('bench.js')).bench;
}

/** Workloads that are measured beside no other library. */
const OF_STREAMS = ['joins', 'live'];

async function ofStreams(values: BenchValues): Promise<StreamBenchmarks['benchStreams']> {
  for (const name of OF_PROCESSOR)
    if (values[name] !== undefined && values[name] !== false)
      throw invalidArgument(`no --${name}`, 'bench of streams', values[name]);
  const wrong = values.workloads?.find((word) => !OF_STREAMS.includes(word));
  if (wrong !== undefined)
    throw invalidArgument(`only ${OF_STREAMS.join(' and ')}`, '--workloads with one of them', wrong);
  return (await beside<StreamBenchmarks>('streams/bench.js')).benchStreams;
}

/** Options of comparisons with other libraries, which run on the processor. */
const OF_PROCESSOR = [
  'contenders',
  'threads',
  'memory',
  'all-frames',
  'checkpoints',
  'continue',
  'chart',
  'from',
] as const;

async function onGpu(values: BenchValues): Promise<GpuBenchmarks['benchOnGpu']> {
  const { device, workloads } = values;
  if (!/^cuda(:\d{1,3})?$/.test(device!))
    throw invalidArgument("'cuda' or 'cuda:N'", '--device of bench', device);
  for (const name of OF_PROCESSOR)
    if (values[name] !== undefined && values[name] !== false)
      throw invalidArgument(`no --${name}`, 'bench with --device', values[name]);
  const wrong = workloads?.find((each) => !['puppet', 'full'].includes(each));
  if (wrong !== undefined) throw invalidArgument("'puppet' or 'full'", '--workloads with --device', wrong);
  await native().checkDevice(device!);
  return (await beside<GpuBenchmarks>('gpu/bench.js')).benchOnGpu;
}

/** Prints how to continue a stopped run. Throws ABORTED. */
function throwStopped({ json: file }: BenchValues, { reporter, signal }: Context): void {
  const how =
    file === undefined
      ? 'Only a run with --json FILE can be continued'
      : `To continue it, add --continue --json ${file}`;
  reporter.result(() => [`Stopped: the table has what was measured until then. ${how}`], {});
  throwIfAborted(signal, 'The benchmark');
}

/** One line that is overwritten, on a terminal only. */
function progressLine(quiet: boolean): (text: string) => void {
  if (quiet || !process.stderr.isTTY) return () => {};
  return (text) => void process.stderr.write(`\r\x1b[K${text}`);
}

async function readReport(file: string): Promise<Report> {
  const wrong = (cause?: unknown) =>
    new KdtalkerError('INVALID_ARGUMENT', `Expected a report of 'kdtalker bench --json' in ${file}`, {
      cause,
    });
  let report: Report;
  try {
    report = JSON.parse(await readFile(file, 'utf8')) as Report;
  } catch (cause) {
    throw wrong(cause);
  }
  if (report.format === FORMAT) return report;
  throw wrong();
}

async function draw(report: Report, file: string): Promise<void> {
  const { chart } = await beside<Charts>('chart.js');
  await writeWholeFile(file, Buffer.from(chart(report)));
}

const json = (report: Report) => Buffer.from(`${JSON.stringify(report, null, 2)}\n`);
