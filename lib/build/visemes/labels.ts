/** What a mouth should do, from the times of phonemes: the class and the curves at any instant, as the network learned them. */
import { CLASSES, CURVES } from '../../packs/visemes.js';

/** A phoneme in seconds: where it begins and ends, and its shape. */
export type Segment = readonly [start: number, end: number, shape: string];

type Targets = readonly [
  open: number,
  wide: number,
  round: number,
  press: number,
  bite: number,
  teeth: number,
];

/** Each shape's class, its targets, and how firmly it holds on to them: 0 takes its neighbours' shape. */
const SHAPES: Record<string, readonly [name: (typeof CLASSES)[number], targets: Targets, hold: number]> = {
  sil: ['sil', [0, 0, 0, 0, 0, 0], 0.6],
  p: ['PP', [0, 0, 0.05, 1, 0, 0], 1],
  B: ['PP', [0.08, 0, 0.05, 0.6, 0, 0], 0.9],
  f: ['FF', [0.12, 0.1, 0, 0, 1, 0.2], 0.95],
  th: ['TH', [0.3, 0.15, 0, 0, 0, 0.3], 0.5],
  t: ['DD', [0.22, 0.15, 0, 0, 0, 0.4], 0.3],
  k: ['kk', [0.35, 0.1, 0, 0, 0, 0.1], 0.22],
  h: ['kk', [0.45, 0.1, 0, 0, 0, 0], 0.1],
  ch: ['CH', [0.3, 0, 0.55, 0, 0, 0.8], 0.6],
  s: ['SS', [0.2, 0.5, 0, 0, 0, 1], 0.55],
  n: ['nn', [0.26, 0.15, 0, 0, 0, 0.3], 0.28],
  l: ['nn', [0.35, 0.1, 0, 0, 0, 0.1], 0.3],
  r: ['nn', [0.32, 0.1, 0, 0, 0, 0.2], 0.3],
  er: ['RR', [0.3, 0, 0.5, 0, 0, 0.2], 0.45],
  a: ['aa', [1, 0.1, 0, 0, 0, 0], 0.9],
  V: ['aa', [0.7, 0.1, 0, 0, 0, 0], 0.75],
  ae: ['aa', [0.85, 0.45, 0, 0, 0, 0], 0.85],
  eh: ['E', [0.62, 0.4, 0, 0, 0, 0], 0.75],
  e: ['E', [0.48, 0.6, 0, 0, 0, 0.1], 0.75],
  '@': ['E', [0.38, 0.15, 0, 0, 0, 0], 0.35],
  i: ['ih', [0.26, 1, 0, 0, 0, 0.3], 0.85],
  I: ['ih', [0.34, 0.6, 0, 0, 0, 0.2], 0.65],
  M: ['ih', [0.28, 0.35, 0, 0, 0, 0.2], 0.55],
  j: ['ih', [0.25, 0.6, 0, 0, 0, 0.2], 0.45],
  O: ['oh', [0.72, 0, 0.6, 0, 0, 0], 0.85],
  o: ['oh', [0.48, 0, 0.85, 0, 0, 0], 0.85],
  oe: ['oh', [0.5, 0, 0.65, 0, 0, 0], 0.8],
  u: ['ou', [0.22, 0, 1, 0, 0, 0], 0.9],
  U: ['ou', [0.3, 0, 0.7, 0, 0, 0], 0.7],
  w: ['ou', [0.14, 0, 1, 0, 0, 0], 0.9],
};

/** How far a shape reaches beyond its phoneme, seconds, by curve. */
const BEFORE: Targets = [0.045, 0.06, 0.075, 0.014, 0.022, 0.04];
const AFTER: Targets = [0.045, 0.06, 0.06, 0.014, 0.022, 0.04];

/** What must be made, a closure or a bite, outweighs its neighbours between the lips and leaves the corners to them. */
const FIRM = new Set(['p', 'B', 'f']);
const FIRM_PULL: Targets = [4, 0.12, 0.12, 4, 4, 0.3];
const FIRM_REACH: Targets = [0.014, 1, 1, 0.014, 0.018, 1];
/** These leave the corners to the vowels around them. */
const LOOSE = new Set(['t', 'k', 'n', 'l', 'r', 'h']);
const LOOSE_PULL: Targets = [1, 0.5, 0.5, 1, 1, 1];

/** The class of each instant, an index of CLASSES; outside of all segments `sil`. */
export function classesAt(segments: readonly Segment[], times: readonly number[]): number[] {
  return times.map((time) => {
    const found = segments.findLast(([start, end]) => time >= start && time < end);
    return CLASSES.indexOf(SHAPES[found?.[2] ?? 'sil']![0]);
  });
}

/** The six curves at each instant: every phoneme pulls by its hold, and fades exponentially outside of its middle. */
export function curvesAt(segments: readonly Segment[], times: readonly number[]): number[][] {
  return times.map((time) => {
    const near = segments.filter(([start, end]) => end > time - 0.6 && start < time + 0.6);
    return CURVES.map((_, curve) => curveAt(near, time, curve));
  });
}

function curveAt(segments: readonly Segment[], time: number, curve: number): number {
  let [sum, total] = [0, 0.001];
  for (const segment of segments) {
    const pull = pullOf(segment, time, curve);
    sum += pull * SHAPES[segment[2]]![1][curve]!;
    total += pull;
  }
  return sum / total;
}

function pullOf([start, end, shape]: Segment, time: number, curve: number): number {
  const quarter = Math.min(end - start, 0.12) / 4;
  const reach = (of: Targets) => (FIRM.has(shape) ? Math.min(of[curve]!, FIRM_REACH[curve]!) : of[curve]!);
  const before = Math.max(start + quarter - time, 0) / reach(BEFORE);
  const after = Math.max(time - (end - quarter), 0) / reach(AFTER);
  return holdOf(shape, curve) * Math.exp(-before - after);
}

function holdOf(shape: string, curve: number): number {
  const hold = SHAPES[shape]![2];
  if (FIRM.has(shape)) return hold * FIRM_PULL[curve]!;
  return LOOSE.has(shape) ? hold * LOOSE_PULL[curve]! : hold;
}
