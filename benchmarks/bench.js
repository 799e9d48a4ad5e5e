// `kdtalker bench`: verifies that the contenders do the same work, measures them, prints one table.
import { mkdir } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { TemporaryPath } from '../dist/files/temporary-path.js';
import { ceilingLines, measureCeilings } from './ceilings.js';
import { inChild } from './children.js';
import { chooseContenders, contendersFor, skippedLines } from './choose.js';
import { contenderOf, REFERENCE } from './contenders/index.js';
import { goalsOf } from './goals.js';
import { checkContinues, Journal } from './journal.js';
import { describeMachine, machineLines } from './machine.js';
import { measureAll } from './measure-all.js';
import { measureMemory, memoryLines } from './memory.js';
import { findPacks } from './packs.js';
import { ratiosOf } from './ratios.js';
import { resultLines, tableOf } from './report.js';
import { verificationLines, verify } from './verify.js';
import { chooseWorkloads } from './workloads.js';

const example = (name) => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));

/**
 * One run.
 *
 * @param given the command's options: workloads, contenders, threads, rounds, quick, memory, allFrames, pack, checkpoints, portrait, speech
 * @param out.print prints lines of the report; out.progress shows the current task
 * @param given.earlier the report of a stopped run: this run continues it
 * @param out.signal ends the run and its child processes
 * @param out.keep saves the current report after each measurement
 * @returns the report, as `--json` writes it; `failed` if a contender's output differs from the reference's, or memory grows; `stopped`,
 *   with all results so far, if the signal ended it
 */
export async function bench(given, out) {
  const options = { ...defaults(given), ...out };
  const folder = await TemporaryPath.makeFolder(tmpdir(), 'bench');
  try {
    return await benchIn(folder.path, options);
  } finally {
    await folder.remove();
  }
}

function defaults({ quick = false, threads, portrait, speech, ...given }) {
  const cores = availableParallelism();
  return {
    ...given,
    quick,
    threads: threads ?? (quick || cores === 1 ? [cores] : [1, cores]),
    portrait: path.resolve(portrait ?? example('portrait.png')),
    speech: path.resolve(speech ?? example('speech.wav')),
    python: process.env.KDTALKER_PYTHON || undefined,
  };
}

async function benchIn(folder, options) {
  const { print, progress, signal } = options;
  const workloads = options.memory
    ? chooseWorkloads({ ...options, workloads: ['puppet/load'] })
    : chooseWorkloads(options);
  const run = await begin(options);
  try {
    run.report.ceilings = await run.journal.once('ceilings', () =>
      measureCeilings({ threads: run.report.machine.cores, signal }),
    );
    print(ceilingLines(run.report.ceilings, run.report.machine.cores));
    const packs = await findPacks([...new Set(workloads.map(({ pack }) => pack))], options, progress);
    for (const [word, files] of Object.entries(packs))
      await inPack(word, workloads, run, { ...options, ...files, folder: path.join(folder, word) });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
  return concluded(run, options);
}

/** A run: its report, its rows so far, and the journal of its measurements. */
async function begin(options) {
  const contenders = chooseContenders(options.contenders);
  const machine = await describeMachine();
  const settings = publicSettings(options);
  if (options.earlier) checkContinues(options.earlier, machine, settings);
  options.print(machineLines(machine));
  const report = { format: 2, machine, ceilings: [], settings, packs: {}, verification: [], skipped: [] };
  const keep = (measured) => options.keep?.({ ...report, stopped: { measured } });
  return { report, rows: [], contenders, journal: new Journal(options.earlier?.stopped.measured, keep) };
}

/** Adds all results of one pack to the run. Measures nothing if an output was wrong. */
async function inPack(word, workloads, run, options) {
  const chosen = workloads.filter(({ pack }) => pack === word);
  if (chosen.length === 0 || run.report.failed) return;
  await mkdir(options.folder);
  const { contenders, settings } = await prepare(word, chosen, run, options);
  if (!(await verified(word, contenders, run, settings))) run.report.failed = true;
  else if (options.memory) await memoryOf(run.report, settings);
  else await speedOf(chosen, contenders, run, settings);
}

/** The contenders, and the files from which all of them start. */
async function prepare(word, workloads, { report, contenders: wanted }, options) {
  const { contenders, skipped, versions } = await contendersFor(wanted, workloads, options);
  report.skipped.push(...skipped.map((each) => ({ pack: word, ...each })));
  options.progress('preparing portrait and motion');
  const threads = Math.max(...options.threads);
  const fixture = await inChild(contenderOf(REFERENCE), 'fixture', { ...options, threads });
  report.packs[word] = { name: fixture.packName, size: fixture.size, steps: fixture.steps };
  Object.assign(report.machine, versions, { runtime: fixture.runtime });
  options.print([`pack ${fixture.packName}`, ...skippedLines(skipped)]);
  return { contenders, settings: { ...options, ...fixture } };
}

async function verified(word, contenders, { report, journal }, settings) {
  const verification = await journal.once(`${word} verification`, () => verify(word, contenders, settings));
  report.verification.push(...verification);
  settings.print(verificationLines(verification));
  return verification.every(({ passed }) => passed);
}

async function memoryOf(report, settings) {
  report.memory = await measureMemory(settings);
  settings.print(memoryLines(report.memory));
}

async function speedOf(workloads, contenders, { report, rows, journal }, settings) {
  const made = await measureAll(workloads, contenders, settings, journal);
  rows.push(...made);
  if (made.length > 0) settings.print(tableOf(made, report.ceilings));
}

/** Ratios and goals of all results so far. */
function concluded({ report, rows, journal }, { memory, signal, print }) {
  const stopped = signal?.aborted ? { stopped: { measured: journal.entries } } : {};
  if (report.failed || memory || rows.length === 0) return { ...report, ...stopped };
  const ratios = ratiosOf(rows, report.skipped);
  const whole = { ...report, rows, ...ratios, goals: goalsOf(rows, ratios.ratios), ...stopped };
  print(resultLines(whole));
  return whole;
}

function publicSettings({ workloads, contenders, threads, rounds, quick, pack }) {
  return { workloads, contenders, threads, rounds, quick, pack };
}
