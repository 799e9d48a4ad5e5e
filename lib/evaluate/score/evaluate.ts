import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { longCall } from '../../abort.js';
import { FaceFinder } from '../../face/faces.js';
import { orOutputError } from '../../files/output-error.js';
import { writeWholeFile } from '../../files/whole-file.js';
import { hashOfRole, readPack } from '../../packs/pack.js';
import { safely } from '../../talker/progress.js';
import { Talker } from '../../talker/talker.js';
import { type Bench, type BenchClip, readBench } from '../bench/bench.js';
import { type ClipSpeech, hearSpeech } from '../measure/clip-speech.js';
import type { Networks } from '../measure/measure-video.js';
import { orReason } from '../reasons.js';
import { failures } from './conditions.js';
import { Journal, type Unit } from './journal.js';
import { measureUnit, type Surroundings, type Task, withTimes } from './measure-unit.js';
import { videoHash, videosOf } from './method-files.js';
import { REAL } from './names.js';
import { type EvaluateOptions, type EvaluatePlan, type EvaluateProgress, planEvaluate } from './options.js';
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
 *   PACK_NOT_FOUND and others of loading a pack, ABORTED
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const plan = planEvaluate(options);
  return longCall(EVALUATING, [plan.signal], (signal) => score({ ...plan, signal }), 'kept');
}

async function score(plan: EvaluatePlan): Promise<Evaluation> {
  const bench = await readBench(plan.bench);
  await makeFolder(plan.out);
  const tasks = await tasksOf(bench, plan);
  const methods = [...new Set(tasks.map(({ method }) => method))];
  const head = {
    format: 'kdtalker-scores',
    version: 1,
    bench: bench.hash,
    methods,
    pack: plan.pack === undefined ? null : await packOf(plan.pack),
  };
  const journal = await Journal.open(join(plan.out, 'results.jsonl'), head);
  const units = await measureAll(tasks, journal, plan);
  return writeResults(units, tasks, tableOf(units, methods, bench.hash), plan);
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
async function measureAll(tasks: readonly Task[], journal: Journal, plan: EvaluatePlan): Promise<Unit[]> {
  const changed = tasks.findIndex((task, i) => !isOf(journal.units[i], task));
  const kept = journal.units.slice(0, changed < 0 ? tasks.length : changed);
  const units = kept.map((unit, i) => withTimes(unit, tasks[i]!));
  const timed = units.findIndex((unit, i) => unit !== kept[i]);
  const same = timed < 0 ? units.length : timed;
  const appender = await journal.keep(same);
  for (const unit of units.slice(same)) await appender.add(unit);
  if (units.length === tasks.length) return units;
  const networks = await openNetworks(plan);
  try {
    const measurer = new Measurer(networks, plan, tasks.length);
    for (const task of tasks.slice(units.length)) {
      const unit = await measurer.measure(task, units);
      await appender.add(unit);
      units.push(unit);
    }
    return units;
  } finally {
    await networks.finder.close();
    await networks.talker?.close();
  }
}

function isOf(unit: Unit | undefined, { clip, method, sha256 }: Task): boolean {
  return unit?.clip === clip.name && unit.method === method && unit.sha256 === sha256;
}

async function openNetworks({
  pack,
  threads,
  signal,
}: EvaluatePlan): Promise<Networks & { finder: FaceFinder }> {
  const finder = await FaceFinder.open({ threads });
  try {
    const talker =
      pack === undefined ? undefined : await Talker.load(pack, { threads, ...(signal && { signal }) });
    return { finder, talker };
  } catch (error) {
    await finder.close();
    throw error;
  }
}

/** Measures tasks in order; keeps what a clip's methods share. */
class Measurer {
  readonly #networks: Networks;
  readonly #plan: EvaluatePlan;
  readonly #total: number;
  readonly #tell: (progress: EvaluateProgress) => void;
  #speech: { clip: string; speech: ClipSpeech | undefined } | undefined;

  constructor(networks: Networks, plan: EvaluatePlan, total: number) {
    this.#networks = networks;
    this.#plan = plan;
    this.#total = total;
    this.#tell = safely(plan.onProgress);
  }

  async measure(task: Task, done: readonly Unit[]): Promise<Unit> {
    const { clip } = task;
    const real = done.find((unit) => unit.clip === clip.name && unit.method === REAL);
    let frames = 0;
    const event = { clip: clip.name, method: task.method, done: done.length, total: this.#total };
    const onFrame = () => this.#tell({ ...event, frames: ++frames });
    const around = {
      ...this.#networks,
      ...(await this.#shared(clip)),
      real,
      signal: this.#plan.signal,
      onFrame,
    };
    if (task.method !== REAL) await restorePoints(task, real, around);
    return measureUnit(task, around);
  }

  async #shared({ name, speech: file }: BenchClip): Promise<Pick<Surroundings, 'speech' | 'pointsFile'>> {
    if (this.#speech?.clip !== name) {
      const heard = await orReason(() => hearSpeech(file, this.#plan.signal));
      this.#speech = { clip: name, speech: 'why' in heard ? undefined : heard };
    }
    return { speech: this.#speech.speech, pointsFile: join(this.#plan.out, 'real', `${name}.points`) };
  }
}

/** Measures a real video again if its landmarks were removed since. */
async function restorePoints({ clip }: Task, real: Unit | undefined, around: Surroundings): Promise<void> {
  if (!real || real.frames === 0 || existsSync(around.pointsFile)) return;
  const again = { clip, method: REAL, file: clip.real, sha256: real.sha256, times: undefined };
  await measureUnit(again, around);
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
