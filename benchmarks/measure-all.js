import { inChild } from './children.js';
import { summarise } from './statistics.js';
import { nameOf } from './workloads.js';

/**
 * Every workload of one pack by every contender and thread count, each time in a fresh process. Rounds go around the contenders, so
 * that a disturbance of the machine meets all of them.
 *
 * @returns rows: {workload, what, unit, contender, label, ours, precision, threads, atOnce, rounds, ...what summarise() gives}
 */
export async function measureAll(workloads, contenders, settings) {
  const tasks = workloads.flatMap((workload) => tasksOf(workload, contenders, settings));
  const total = tasks.reduce((sum, { workload }) => sum + workload.rounds, 0);
  let done = 0;
  for (let round = 0; round < Math.max(...workloads.map(({ rounds }) => rounds)); round++) {
    for (const task of tasks.filter(({ workload }) => round < workload.rounds)) {
      settings.progress(`${++done}/${total}: ${task.contender.label}, ${nameOf(task.workload)}`);
      task.rounds.push(await inChild(task.contender, task.workload.task, childSettings(settings, task)));
    }
  }
  settings.progress('');
  return tasks.map(finished);
}

/** Contenders are compared at every number of threads where the workload says so. */
function tasksOf(workload, contenders, settings) {
  if (workload.needs !== undefined && settings[workload.needs] === undefined) return [];
  const most = Math.max(...settings.threads);
  const counts = workload.threads === 'all' ? settings.threads : [most];
  return contenders
    .filter(({ name }) => workload.by.includes(name))
    .flatMap((contender) => counts.map((threads) => ({ workload, contender, threads, rounds: [] })));
}

function childSettings(settings, { workload: { warm, count, with: more }, threads }) {
  return { ...settings, ...more, threads, warm, count };
}

function finished({ workload, contender, threads, rounds }) {
  const { what, unit, with: more } = workload;
  const { name, label, ours = false, precision } = contender;
  return {
    workload: nameOf(workload),
    what,
    unit,
    contender: name,
    label,
    ours,
    precision,
    threads,
    atOnce: more.atOnce ?? 1,
    rounds: rounds.length,
    ...summarise(rounds),
  };
}
