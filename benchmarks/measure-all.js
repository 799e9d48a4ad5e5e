import { inChild } from './children.js';
import { summarise } from './statistics.js';
import { nameOf } from './workloads.js';

/**
 * Measures every workload of one pack with every contender and thread count, each time in a fresh process. Each round visits all
 * contenders, so that a disturbance of the machine affects all of them. If `settings.signal` stops it, the results so far count.
 *
 * @param journal holds the rounds of an earlier run, and receives those of this one
 * @returns rows: {workload, what, unit, contender, label, ours, precision, threads, atOnce, rounds, ...the result of summarise()}
 */
export async function measureAll(workloads, contenders, settings, journal) {
  const tasks = workloads.flatMap((workload) => tasksOf(workload, contenders, settings));
  const total = tasks.reduce((sum, { workload }) => sum + workload.rounds, 0);
  let done = 0;
  try {
    for (const { task, round } of inTurns(tasks)) {
      settings.progress(`${++done}/${total}: ${task.contender.label}, ${nameOf(task.workload)}`);
      task.rounds.push(await journal.once(keyOf(task, round), () => measureRound(settings, task)));
    }
  } catch (error) {
    if (!settings.signal?.aborted) throw error;
  }
  settings.progress('');
  return tasks.filter(({ rounds }) => rounds.length > 0).map(finished);
}

/** Runs round by round; each round runs the tasks that have at least that many rounds. */
function inTurns(tasks) {
  const most = Math.max(0, ...tasks.map(({ workload }) => workload.rounds));
  return Array.from({ length: most }, (_, round) =>
    tasks.filter(({ workload }) => round < workload.rounds).map((task) => ({ task, round })),
  ).flat();
}

const keyOf = ({ workload, contender, threads }, round) =>
  [workload.pack, nameOf(workload), contender.name, threads, round].join(' ');

const measureRound = (settings, task) =>
  inChild(task.contender, task.workload.task, childSettings(settings, task));

/** Contenders are compared at every number of threads if the workload says so. */
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
