import { shareOfCeiling } from './arithmetic.js';
import { goalLines } from './goals.js';
import { short, tableLines } from './table.js';

const COLUMNS = [
  { title: 'workload', align: 'left' },
  { title: 'contender', align: 'left' },
  { title: 'threads', align: 'right' },
  { title: 'per second', align: 'right' },
  { title: 'slowest round', align: 'right' },
  { title: 'p50 ms', align: 'right' },
  { title: 'p95 ms', align: 'right' },
  { title: 'CPU ms', align: 'right' },
  { title: 'peak MiB', align: 'right' },
  { title: 'ratio', align: 'right' },
  { title: 'of ceiling', align: 'right' },
];

/** One table: a line for each row, and below it one for each timed stage. */
export function tableOf(rows, ceilings) {
  return tableLines(
    COLUMNS,
    rows.flatMap((row) => [cellsOf(row, rows), ...stageCells(row, ceilings)]),
  );
}

/** The summary of the whole run: event-loop delay, ratios and goals. */
export function resultLines({ rows, ratios, missing, goals }) {
  return [
    ...rows.filter(({ loopDelay }) => loopDelay).map(delayLine),
    ...Object.entries(ratios).flatMap(([name, value]) => ratioLine(name, value, missing[name])),
    ...goalLines(goals),
  ];
}

/** Omits results that were not requested. */
function ratioLine(name, value, { reason, asked } = {}) {
  if (value !== null) return [`${name}: ${value.toFixed(2)}`];
  return asked ? [`${name}: none, ${reason}`] : [];
}

/** This row's speed relative to the best of the others that did the same; undefined if there is none, and for the others. */
function ratioOf(row, rows) {
  const others = rows.filter((each) => each.workload === row.workload && !each.ours);
  return row.ours && others.length > 0 ? row.rate / Math.max(...others.map(({ rate }) => rate)) : undefined;
}

function cellsOf(row, rows) {
  const ratio = ratioOf(row, rows);
  return [
    `${row.workload} (${row.what})`,
    row.label,
    String(row.threads),
    `${short(row.rate)} ${row.unit}s`,
    `-${(100 * (1 - row.slowest / row.rate)).toFixed(0)}%`,
    short(row.p50),
    short(row.p95),
    short(row.cpuMs),
    row.peakMiB.toFixed(0),
    ratio === undefined ? '' : ratio.toFixed(2),
    '',
  ];
}

/** Shares of the ceiling are shown only for the full networks, whose multiplications are counted. */
function stageCells(row, ceilings) {
  const { allCores, oneCore } = ceilings.find(({ precision }) => precision === row.precision) ?? {};
  const full = !row.workload.startsWith('puppet/') && !row.workload.includes('length');
  return Object.entries(row.stages).map(([stage, { p50, p95 }]) => {
    const ceiling = row.threads === 1 ? oneCore : allCores;
    const share = full && row.atOnce === 1 ? shareOfCeiling(stage, p50, ceiling) : undefined;
    const of = share === undefined ? '' : `${percent(share.written)} (${percent(share.left)})`;
    return [`  ${stage}`, '', '', '', '', short(p50), short(p95), '', '', '', of];
  });
}

const percent = (share) => `${(100 * share).toFixed(0)}%`;

function delayLine({ loopDelay: { p50, p99, max }, threads }) {
  const [low, high, highest] = [p50, p99, max].map((value) => value.toFixed(1));
  return `event loop while rendering, ${threads} threads: p50 ${low} ms, p99 ${high} ms, max ${highest} ms`;
}
