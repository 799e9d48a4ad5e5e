import { METRIC_NAMES, type MetricName, metricOf } from '../metrics.js';
import type { Unit } from './journal.js';
import type { Summary, Table } from './table.js';

const NONE = '–';

/** The table as people read it: a row for each metric, a column for each method. */
export function markdownOf(table: Table): string {
  const heads = [
    'metric',
    'better',
    ...table.methods.map(({ name }) => name),
    'paper, real',
    'paper, KDTalker',
  ];
  const rows = METRIC_NAMES.map((name) => rowOf(table, name));
  const lines = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const about = `Means over ${table.clips} clips with their 95 % intervals.`;
  return [
    '# Evaluation',
    '',
    `${about} Bench ${table.bench.slice(0, 12)}.`,
    '',
    ...lines,
    ...list('Not measured', missingOf(table)),
    ...list('Notes', table.notes),
    '',
  ].join('\n');
}

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', `## ${title}`, '', ...items.map((item) => `- ${item}`)];
}

function rowOf(table: Table, name: MetricName): string[] {
  const { title, better, unit } = metricOf(name);
  const label = unit === undefined ? title : `${title}, ${unit}`;
  const values = table.methods.map(({ metrics }) => cellOf(name, metrics[name]));
  const paper = [table.paper.real[name], table.paper.kdtalker[name]].map((value) =>
    (value ?? NONE).toString(),
  );
  return [`${label} (\`${name}\`)`, better ?? '', ...values, ...paper];
}

/** `0.353 [0.340, 0.366]`, and the number of videos that are missing. */
export function cellOf(name: MetricName, { mean, low, high, missing }: Summary): string {
  if (mean === undefined) return NONE;
  const [middle, from, to] = [mean, low, high].map((value) => value?.toFixed(metricOf(name).digits));
  const interval = from === undefined ? '' : ` [${from}, ${to}]`;
  const without = missing === 0 ? '' : `, ${missing} missing`;
  return `${middle}${interval}${without}`;
}

/** What was not measured and why, for each method. */
export function missingOf(table: Table): string[] {
  return table.methods.flatMap(({ name, metrics }) => {
    const reasons = new Map<string, string[]>();
    for (const metric of METRIC_NAMES) {
      for (const [why, count] of Object.entries(metrics[metric].why)) {
        const known = reasons.get(why) ?? [];
        reasons.set(why, [
          ...known,
          count === table.clips ? metric : `${metric} (${count} of ${table.clips})`,
        ]);
      }
    }
    return [...reasons].map(([why, names]) => `${name}: ${why}: ${names.join(', ')}`);
  });
}

/** Values separated by commas, a line for each video; empty where nothing was measured. */
export function csvOf(units: readonly Unit[]): string {
  const heads = ['clip', 'method', 'frames', ...METRIC_NAMES];
  const rows = units.map(({ clip, method, frames, measurements }) => {
    const values = METRIC_NAMES.map((name) => {
      const result = measurements[name];
      return result && 'value' in result ? result.value : '';
    });
    return [clip, method, frames, ...values];
  });
  return [heads, ...rows].map((cells) => `${cells.join(',')}\n`).join('');
}
