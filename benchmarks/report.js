import { CONTENDERS } from './contenders/index.js';
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
];

/** Table, event-loop delay, ratios and goals. */
export function resultLines({ rows, ratios, goals }) {
  return [
    ...tableLines(
      COLUMNS,
      rows.map((row) => cellsOf(row, rows)),
    ),
    '',
    ...rows.filter(({ loopDelay }) => loopDelay).map(delayLine),
    ...Object.entries(ratios).map(([name, value]) => `${name}: ${value.toFixed(2)}`),
    ...goalLines(goals),
  ];
}

/** Speed of this library over the other's, each at its best round and number of threads, of what both did. */
export function ratiosOf(rows) {
  const named = new Map(rows.filter(({ ratio }) => ratio).map(({ ratio, workload }) => [ratio, workload]));
  return Object.fromEntries([...named].map(([ratio, workload]) => [ratio, bestRatio(rows, workload)]));
}

function bestRatio(rows, workload) {
  const [ours, theirs] = [isOurs, (row) => !isOurs(row)].map((which) =>
    rows.filter((row) => row.workload === workload && which(row)).map(({ rate }) => rate),
  );
  return Math.max(...ours) / Math.max(...theirs);
}

const isOurs = ({ contender }) => contender === CONTENDERS[0].name;

/** Of one row of ours over the other's best; undefined where only we did the workload. */
function ratioOf(row, rows) {
  const others = rows.filter((each) => each.workload === row.workload && !isOurs(each));
  return isOurs(row) && others.length > 0
    ? row.rate / Math.max(...others.map(({ rate }) => rate))
    : undefined;
}

function cellsOf(row, rows) {
  const ratio = ratioOf(row, rows);
  return [
    `${row.workload} (${row.what})`,
    CONTENDERS.find(({ name }) => name === row.contender).label,
    String(row.threads),
    `${short(row.rate)} ${row.unit}s`,
    `-${(100 * (1 - row.slowest / row.rate)).toFixed(0)}%`,
    short(row.p50),
    short(row.p95),
    short(row.cpuMs),
    row.peakMiB.toFixed(0),
    ratio === undefined ? '' : ratio.toFixed(2),
  ];
}

function delayLine({ loopDelay: { p50, p99, max }, threads }) {
  const [low, high, highest] = [p50, p99, max].map((value) => value.toFixed(1));
  return `event loop while rendering, ${threads} threads: p50 ${low} ms, p99 ${high} ms, max ${highest} ms`;
}
