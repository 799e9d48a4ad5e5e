import { inChild } from './children.js';
import { summarise } from './statistics.js';
import { chooseWorkloads } from './workloads.js';

/**
 * Every workload by every contender and thread count, each time in a fresh process. Rounds go around the contenders, so that a
 * disturbance of the machine meets all of them.
 *
 * @returns rows: {workload, what, unit, ratio, contender, threads, rounds, ...what summarise() gives}
 */
export async function measureAll(settings, progress) {
  const rows = chooseWorkloads(settings).flatMap((workload) => rowsOf(workload, settings));
  for (let round = 0; round < settings.rounds; round++) {
    for (const [at, { task, rounds }] of rows.entries()) {
      progress(
        `round ${round + 1}/${settings.rounds}, ${at + 1}/${rows.length}: ${task.contender} ${task.workload.name}`,
      );
      rounds.push(await inChild(task.contender, task.workload.name, childSettings(settings, task)));
    }
  }
  progress('');
  return rows.map(finished);
}

/** Contenders are compared at every number of threads; what only this library does is measured at the largest. */
function rowsOf(workload, { threads }) {
  const counts = workload.by.length > 1 ? threads : [Math.max(...threads)];
  const tasks = workload.by.flatMap((contender) =>
    counts.map((each) => ({ workload, contender, threads: each })),
  );
  return tasks.map((task) => ({ task, rounds: [] }));
}

function childSettings(settings, { workload: { warm, count }, threads }) {
  return { ...settings, threads, warm, count };
}

function finished({ task: { workload, contender, threads }, rounds }) {
  const { name, what, unit, ratio } = workload;
  return {
    workload: name,
    what,
    unit,
    ratio,
    contender,
    threads,
    rounds: rounds.length,
    ...summarise(rounds),
  };
}
