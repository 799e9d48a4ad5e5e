import { METRIC_NAMES, type MetricName, metricOf } from '../metrics.js';
import type { Unit } from './journal.js';
import { REAL } from './names.js';

/** A video that is the worst one of a metric. */
export interface Worst {
  readonly metric: MetricName;
  readonly clip: string;
  readonly method: string;
  readonly value: number;
}

/** Metrics whose worst video is worth a look. */
const SHOWN: readonly MetricName[] = ['cpbd', 'lmd', 'lipSync', 'lseC', 'csim'];

/** The worst video of each metric, without real ones. */
export function worstOf(units: readonly Unit[]): Worst[] {
  return METRIC_NAMES.filter((name) => SHOWN.includes(name)).flatMap((metric) => {
    const sign = metricOf(metric).better === 'lower' ? 1 : -1;
    let worst: Worst | undefined;
    for (const { clip, method, measurements } of units) {
      const result = measurements[metric];
      if (method === REAL || !result || !('value' in result)) continue;
      if (!worst || sign * result.value > sign * worst.value)
        worst = { metric, clip, method, value: result.value };
    }
    return worst ? [worst] : [];
  });
}
