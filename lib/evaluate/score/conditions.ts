import { invalidArgument, KdtalkerError } from '../../errors.js';
import { nearest } from '../../suggest.js';
import { METRIC_NAMES, type MetricName } from '../metrics.js';
import { REAL } from './names.js';
import type { Table } from './table.js';

/** A limit of a metric's mean that a method must keep. */
export interface Condition {
  readonly text: string;
  /** Undefined: all methods, without the real videos. */
  readonly method: string | undefined;
  readonly metric: MetricName;
  readonly sign: '<' | '<=' | '>' | '>=';
  readonly limit: number;
}

const FORM = /^(?:([\w-]+)\.)?(\w+)\s*(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)$/i;

/** Reads `cpbd<0.2` or `ours.lmd>0.1`. @throws INVALID_ARGUMENT */
export function readCondition(text: string, methods: readonly string[]): Condition {
  const [, method, metric, sign, limit] = FORM.exec(text.trim()) ?? [];
  if (metric === undefined) throw invalidArgument("a condition such as 'cpbd<0.2'", 'failIf', text);
  if (!METRIC_NAMES.includes(metric as MetricName)) throw unknownMetric(metric);
  if (method !== undefined && !methods.includes(method))
    throw invalidArgument(`one of ${methods.join(', ')}`, 'the method of failIf', method);
  return {
    text: text.trim(),
    method,
    metric: metric as MetricName,
    sign: sign as Condition['sign'],
    limit: Number(limit),
  };
}

function unknownMetric(metric: string): KdtalkerError {
  const near = nearest(metric, METRIC_NAMES);
  const hint = near === undefined ? '' : `. Did you mean '${near}'?`;
  const message = `Expected one of ${METRIC_NAMES.join(', ')} for failIf but received '${metric}'${hint}`;
  return new KdtalkerError('INVALID_ARGUMENT', message);
}

/** Why the results count as failed, a sentence each. What was not measured fails, too: a check that cannot be made must not pass. */
export function failures(table: Table, conditions: readonly Condition[]): string[] {
  return conditions.flatMap((condition) => {
    const methods = condition.method === undefined ? otherThanReal(table) : [condition.method];
    return methods.flatMap((method) => failure(table, method, condition));
  });
}

function otherThanReal(table: Table): string[] {
  return table.methods.map(({ name }) => name).filter((name) => name !== REAL);
}

function failure(table: Table, name: string, { text, metric, sign, limit }: Condition): string[] {
  const summary = table.methods.find((method) => method.name === name)?.metrics[metric];
  if (summary?.mean === undefined) return [`${text}: ${metric} of ${name} was not measured`];
  const { mean } = summary;
  const isTrue = { '<': mean < limit, '<=': mean <= limit, '>': mean > limit, '>=': mean >= limit }[sign];
  return isTrue ? [`${text}: ${metric} of ${name} is ${mean}`] : [];
}
