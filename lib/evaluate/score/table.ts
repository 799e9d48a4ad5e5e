import { bootstrap } from '../arithmetic/bootstrap.js';
import { METRIC_NAMES, type Measured, type MetricName, metricOf } from '../metrics.js';
import type { FidResults } from './fid-results.js';
import type { Unit } from './journal.js';
import { REAL } from './names.js';

/** A metric of a method over all videos. */
export interface Summary {
  /**
   * The mean and its 95 % interval; undefined if no video could be measured. Neither one video nor what is measured of all videos together
   * has an interval.
   */
  mean?: number;
  low?: number;
  high?: number;
  /** Videos that were measured, and those that were not. */
  count: number;
  missing: number;
  /** Why the others were not measured, each reason with its number. */
  why: Record<string, number>;
}

/** A method's row. */
export interface MethodSummary {
  name: string;
  metrics: Record<MetricName, Summary>;
}

/** The results of an evaluation: means over videos. */
export interface Table {
  /** The hash that names the clips. */
  bench: string;
  clips: number;
  /** The first one is `real`. */
  methods: MethodSummary[];
  /** What the paper reports. */
  paper: { real: Partial<Record<MetricName, number>>; kdtalker: Partial<Record<MetricName, number>> };
  /** What was cut, left out or is unusual. */
  notes: string[];
}

/** What is known of all videos together. */
export interface Together {
  readonly fid: FidResults | undefined;
  /** What was measured with which judges. */
  readonly notes: readonly string[];
}

/** Summarises the units of all clips. */
export function tableOf(
  units: readonly Unit[],
  methods: readonly string[],
  bench: string,
  { fid, notes: common }: Together = { fid: undefined, notes: [] },
): Table {
  const summaries = methods.map((name) => {
    const own = units.filter((unit) => unit.method === name);
    const metrics = metricsOf(own);
    const whole = fid?.byMethod.get(name);
    return { name, metrics: whole ? { ...metrics, fid: together(whole, own.length) } : metrics };
  });
  const notes = units.flatMap(({ clip, method, notes }) =>
    notes.map((note) => `${method}, ${clip}: ${note}`),
  );
  return {
    bench,
    clips: new Set(units.map(({ clip }) => clip)).size,
    methods: summaries,
    paper: { real: paperOf('real'), kdtalker: paperOf('kdtalker') },
    notes: [...calibration(summaries), ...common, ...(fid?.notes ?? []), ...notes],
  };
}

function metricsOf(units: readonly Unit[]): Record<MetricName, Summary> {
  return Object.fromEntries(METRIC_NAMES.map((name) => [name, summarise(units, name)])) as Record<
    MetricName,
    Summary
  >;
}

function summarise(units: readonly Unit[], name: MetricName): Summary {
  const values: number[] = [];
  const why: Record<string, number> = {};
  for (const { measurements } of units) {
    const result = measurements[name] ?? { why: 'not measured' };
    if ('value' in result) values.push(result.value);
    else why[result.why] = (why[result.why] ?? 0) + 1;
  }
  const missing = units.length - values.length;
  if (values.length === 0) return { count: 0, missing, why };
  if (values.length === 1) return { mean: values[0]!, count: 1, missing, why }; // says nothing of others
  return { ...bootstrap(values), missing, why };
}

/** A value of all videos together has no interval. */
function together(value: Measured, videos: number): Summary {
  if ('why' in value) return { count: 0, missing: videos, why: { [value.why]: videos } };
  return { mean: value.value, count: videos, missing: 0, why: {} };
}

function paperOf(row: 'real' | 'kdtalker'): Partial<Record<MetricName, number>> {
  const entries = METRIC_NAMES.flatMap((name) => {
    const value = metricOf(name).paper?.[row];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

/** How far a value may be from the paper's for the same clips and variants: ten percent. */
const TOLERANCE = 0.1;

/** The row of real videos says whether clips and variants are the paper's. */
function calibration(methods: readonly MethodSummary[]): string[] {
  const real = methods.find(({ name }) => name === REAL);
  return METRIC_NAMES.flatMap((name) => {
    const [ours, paper] = [real?.metrics[name].mean, metricOf(name).paper?.real];
    if (ours === undefined || paper === undefined || Math.abs(ours - paper) <= TOLERANCE * paper) return [];
    const { title } = metricOf(name);
    return [
      `calibration: ${title} of the real videos is ${ours.toFixed(3)}, the paper's is ${paper}: ` +
        'these are other clips, or another variant of the metric; compare with the paper only in direction',
    ];
  });
}
