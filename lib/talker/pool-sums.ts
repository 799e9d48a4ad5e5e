import type { TalkerStats } from './host/talker-stats.js';

/** Numbers of the same names are added, lists joined. */
export function sumOf<T extends object>(all: readonly T[]): T {
  const keys = Object.keys(all[0] ?? {}) as (keyof T)[];
  return Object.fromEntries(keys.map((key) => [key, join(all.map((each) => each[key]))])) as T;
}

function join(values: readonly unknown[]): unknown {
  const [first] = values;
  if (typeof first === 'number') return (values as number[]).reduce((sum, value) => sum + value, 0);
  if (first instanceof Float64Array)
    return Float64Array.from((values as Float64Array[]).flatMap((each) => [...each]));
  return sumOf(values as object[]);
}

/** What the talkers of a pool do; load and seconds are those of the whole, costs are means of those that were measured. */
export function statsOf(all: readonly TalkerStats[]): TalkerStats {
  const sum = sumOf(all);
  const lanes = (value: (stats: TalkerStats) => number) =>
    all.reduce((total, stats) => total + value(stats) * stats.lanes, 0) / sum.lanes;
  const mean = (values: number[]) => {
    const measured = values.filter((value) => value > 0);
    return measured.length === 0 ? 0 : measured.reduce((total, value) => total + value, 0) / measured.length;
  };
  return {
    ...sum,
    live: { ...sum.live, load: lanes(({ live }) => live.load) },
    files: { ...sum.files, seconds: Math.max(...all.map(({ files }) => files.seconds)) },
    cost: {
      frame: mean(all.map(({ cost }) => cost.frame)),
      window: mean(all.map(({ cost }) => cost.window)),
    },
  };
}
