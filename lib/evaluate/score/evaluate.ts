import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { longCall } from '../../abort.js';
import { orOutputError } from '../../files/output-error.js';
import { writeWholeFile } from '../../files/whole-file.js';
import { hashOfRole, readPack } from '../../packs/pack.js';
import { type Bench, readBench } from '../bench/bench.js';
import { failures } from './conditions.js';
import { fidOf, seeAgain } from './fid.js';
import { FidStore } from './fid-store.js';
import { Journal, type Unit } from './journal.js';
import { judgeNotes } from './judge-notes.js';
import { type Task, withTimes } from './measure-unit.js';
import { Measurer } from './measurer.js';
import { videoHash, videosOf } from './method-files.js';
import { REAL } from './names.js';
import { judgesOf, openNetworks } from './networks.js';
import { type EvaluateOptions, type EvaluatePlan, planEvaluate } from './options.js';
import { reportOf } from './report.js';
import { type Table, tableOf } from './table.js';
import { csvOf, markdownOf } from './text-tables.js';
import { readTimes } from './times.js';

/** The results of {@link evaluate}. */
export interface Evaluation {
  /** Means of all metrics for each method, also in table.json and table.md. */
  table: Table;
  /** Why a condition of `failIf` was met, a sentence each; empty: all is well. */
  failures: string[];
  /** The files that were written. */
  files: { lines: string; table: string; markdown: string; scores: string; report: string };
}

const EVALUATING = 'Evaluating';

/**
 * Measures videos of one or more methods against each other, and against the real videos of the bench. Each video is decoded once; memory
 * does not depend on its length. A video that cannot be measured is a line in the results, never the end of the run. A run that was
 * stopped, or killed, goes on where it was and ends with the same bytes.
 *
 * @example
 * const { table, failures } = await evaluate({ bench: 'bench', methods: { ours: 'videos' }, out: 'results', failIf: ['cpbd<0.2'] })
 * @throws KdtalkerError INVALID_ARGUMENT, FILE_NOT_FOUND (of bench or a folder), FFMPEG_NOT_FOUND, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL,
 *   PACK_NOT_FOUND and others of loading a pack, ABORTED; on a GPU DEVICE_UNAVAILABLE, DEVICE_MEMORY, DEVICE_LOST, and
 *   OPERATOR_UNSUPPORTED for a node that no kernel computes
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const plan = planEvaluate(options);
  return longCall(EVALUATING, [plan.signal], (signal) => score({ ...plan, signal }), 'kept');
}

async function score(plan: EvaluatePlan): Promise<Evaluation> {
  const bench = await readBench(plan.bench);
  const judges = await judgesOf(plan.judges);
  await makeFolder(plan.out);
  const tasks = await tasksOf(bench, plan);
  const methods = [...new Set(tasks.map(({ method }) => method))];
  const head = {
    format: 'kdtalker-scores',
    version: 2,
    bench: bench.hash,
    methods,
    pack: plan.pack === undefined ? null : await packOf(plan.pack),
    judges: Object.fromEntries(Object.entries(judges).map(([name, { source }]) => [name, source.sha256])),
    ...(judges.syncnet && { lse: plan.lse, ...(plan.lseReencode && { lseReencode: true }) }),
    ...(plan.device !== 'cpu' && { device: plan.device.split(':')[0] }),
  };
  const journal = await Journal.open(join(plan.out, 'results.jsonl'), head);
  const fid = judges.inception && new FidStore(join(plan.out, 'fid'));
  const units = await measureAll(tasks, journal, plan, fid);
  const { fidReal: reference, fidSave, signal } = plan;
  const save = fidSave ? join(plan.out, 'fid') : undefined;
  const together = {
    fid: fid && (await fidOf(fid, { methods, reference, save, signal })),
    notes: judgeNotes(judges, plan),
  };
  return writeResults(units, tasks, tableOf(units, methods, bench.hash, together), plan);
}

/** What decides the poses: a pack's motion network. Its name alone does not tell it from that of another pack. */
async function packOf(pack: string): Promise<{ name: string; motion: string }> {
  const { name, roles } = (await readPack(pack)).manifest;
  return { name, motion: hashOfRole(roles.motion) };
}

async function makeFolder(folder: string): Promise<void> {
  await orOutputError(mkdir(join(folder, 'real'), { recursive: true }), folder);
}

/** Every clip with every method, the real video first. */
async function tasksOf(bench: Bench, { methods, signal }: EvaluatePlan): Promise<Task[]> {
  const folders = await Promise.all(
    Object.entries(methods).map(async ([name, folder]) => ({
      name,
      videos: await videosOf(folder),
      times: await readTimes(folder),
    })),
  );
  const hasReal = bench.clips.some(({ real }) => real !== undefined);
  const tasks: Task[] = [];
  for (const clip of bench.clips) {
    const files = folders.map(({ name, videos, times }) => ({
      method: name,
      file: videos.get(clip.name),
      times: times?.[clip.name],
    }));
    const all = hasReal ? [{ method: REAL, file: clip.real, times: undefined }, ...files] : files;
    for (const each of all)
      tasks.push({
        ...each,
        clip,
        sha256: each.file === undefined ? null : await videoHash(each.file, signal),
      });
  }
  return tasks;
}

/** Goes on after the units of an earlier run whose videos have not changed; their speed follows times.json. */
async function measureAll(
  tasks: readonly Task[],
  journal: Journal,
  plan: EvaluatePlan,
  fid: FidStore | undefined,
): Promise<Unit[]> {
  const changed = tasks.findIndex((task, i) => !isOf(journal.units[i], task));
  const kept = journal.units.slice(0, changed < 0 ? tasks.length : changed);
  const units = kept.map((unit, i) => withTimes(unit, tasks[i]!));
  const timed = units.findIndex((unit, i) => unit !== kept[i]);
  const same = timed < 0 ? units.length : timed;
  const appender = await journal.keep(same);
  for (const unit of units.slice(same)) await appender.add(unit);
  const unseen = fid ? await unseenBy(fid, tasks, units) : [];
  if (units.length === tasks.length && unseen.length === 0) return units;
  const networks = await openNetworks(plan);
  try {
    const { features } = networks.judges ?? {};
    if (fid && features)
      for (const method of unseen)
        await seeAgain(fid, features, method, { units, tasks, signal: plan.signal });
    const measurer = new Measurer(networks, plan, tasks.length, fid);
    for (const task of tasks.slice(units.length)) await measurer.measure(task, units, appender);
    return units;
  } finally {
    await networks.close();
  }
}

/** Methods of whose measured videos no sums of features were left. */
async function unseenBy(fid: FidStore, tasks: readonly Task[], units: readonly Unit[]): Promise<string[]> {
  const unseen: string[] = [];
  for (const method of new Set(tasks.map((task) => task.method)))
    if (!(await fid.load(method, units))) unseen.push(method);
  return unseen;
}

function isOf(unit: Unit | undefined, { clip, method, sha256 }: Task): boolean {
  return unit?.clip === clip.name && unit.method === method && unit.sha256 === sha256;
}

async function writeResults(
  units: readonly Unit[],
  tasks: readonly Task[],
  table: Table,
  { out, failIf, signal }: EvaluatePlan,
): Promise<Evaluation> {
  const place = (name: string) => join(out, name);
  const files = {
    lines: place('results.jsonl'),
    table: place('table.json'),
    markdown: place('table.md'),
    scores: place('scores.csv'),
    report: place('report.html'),
  };
  await writeWholeFile(files.table, `${JSON.stringify(table, undefined, 2)}\n`, signal);
  await writeWholeFile(files.markdown, markdownOf(table), signal);
  await writeWholeFile(files.scores, csvOf(units), signal);
  await writeWholeFile(files.report, await reportOf(table, units, tasks, signal), signal);
  return { table, failures: failures(table, failIf), files };
}
