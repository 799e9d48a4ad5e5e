// `kdtalker bench`: verifies that the contenders do the same work, measures them, prints one table.
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ceilingLines, measureCeilings } from './ceilings.js';
import { inChild } from './children.js';
import { chooseContenders, contendersFor, skippedLines } from './choose.js';
import { contenderOf, REFERENCE } from './contenders/index.js';
import { goalsOf } from './goals.js';
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
 * @param given what the command was given: workloads, contenders, threads, rounds, quick, memory, allFrames, pack, checkpoints,
 *   portrait, speech
 * @param out.print takes lines of the report, out.progress what is being done now
 * @param out.signal ends the run and what it started
 * @returns the report, as `--json` writes it; `failed` where a contender makes something else than the reference, or memory grows
 */
export async function bench(given, out) {
  const options = { ...defaults(given), ...out };
  const folder = mkdtempSync(path.join(tmpdir(), 'kdtalker-bench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await benchIn(folder, options);
  } finally {
    process.off('exit', remove);
    remove();
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
  const chosen = options.memory
    ? chooseWorkloads({ ...options, workloads: ['puppet/load'] })
    : chooseWorkloads(options);
  const contenders = chooseContenders(options.contenders);
  const machine = await describeMachine();
  print(machineLines(machine));
  const ceilings = await measureCeilings({ threads: machine.cores, signal });
  print(ceilingLines(ceilings, machine.cores));

  const packs = await findPacks([...new Set(chosen.map(({ pack }) => pack))], options, progress);
  const report = {
    format: 2,
    machine,
    ceilings,
    settings: publicSettings(options),
    packs: {},
    verification: [],
    skipped: [],
  };
  const rows = [];
  for (const [word, files] of Object.entries(packs)) {
    const workloads = chosen.filter(({ pack }) => pack === word);
    if (workloads.length === 0) continue;
    const settings = { ...options, ...files, folder: path.join(folder, word) };
    await mkdir(settings.folder);
    if (!(await inPack(word, workloads, contenders, settings, report, rows)))
      return { ...report, failed: true };
  }
  return options.memory ? report : finished(report, rows, options);
}

/** Everything of one pack, added to the report and its rows. False where an output was wrong: nothing is measured then. */
async function inPack(word, workloads, wanted, settings, report, rows) {
  const { print, progress } = settings;
  const { contenders, skipped, versions } = await contendersFor(wanted, workloads, settings);
  report.skipped.push(...skipped.map((each) => ({ pack: word, ...each })));
  progress('preparing portrait and motion');
  const fixture = await inChild(contenderOf(REFERENCE), 'fixture', {
    ...settings,
    threads: Math.max(...settings.threads),
  });
  const ready = { ...settings, ...fixture };
  report.packs[word] = { name: fixture.packName, size: fixture.size, steps: fixture.steps };
  Object.assign(report.machine, versions, { runtime: fixture.runtime });
  print([`pack ${fixture.packName}`, ...skippedLines(skipped)]);

  const verification = await verify(word, contenders, ready);
  report.verification.push(...verification);
  print(verificationLines(verification));
  if (!verification.every(({ passed }) => passed)) return false;
  if (settings.memory) {
    report.memory = await measureMemory(ready);
    print(memoryLines(report.memory));
    return true;
  }
  const made = await measureAll(workloads, contenders, ready);
  rows.push(...made);
  print(tableOf(made, report.ceilings));
  return true;
}

function finished(report, rows, options) {
  const ratios = ratiosOf(rows, report.skipped);
  const whole = { ...report, rows, ...ratios, goals: goalsOf(rows, ratios.ratios) };
  options.print(resultLines(whole));
  return whole;
}

function publicSettings({ workloads, contenders, threads, rounds, quick, pack }) {
  return { workloads, contenders, threads, rounds, quick, pack };
}
