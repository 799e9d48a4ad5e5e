/** How well a course of the mouth follows labelled speech. */
import type { Segment } from './labels.js';

/** Seconds of a frame, at 25 frames a second. */
export const FRAME = 0.04;

/** The middles of a number of frames, seconds. */
export const middles = (frames: number) => Array.from({ length: frames }, (_, i) => (i + 0.5) * FRAME);

/** One labelled sound, and how far the lips are apart in each of its frames. */
export interface Course {
  segments: readonly Segment[];
  gaps: readonly number[];
}

/** What was found of the closures of p, b and m. */
export interface Closures {
  /** Closures within speech. */
  events: number;
  /** How many of them have a shut frame, within a frame. */
  recall: number;
  /** How many of the mouth's own closures are one of them, within a frame and a half. */
  precision: number;
  /** How much of the speech the mouth is shut. */
  shut: number;
}

/** A closure shorter than this is not expected to be seen. */
const SHORTEST = 0.025;
const NEAR_PAUSE = 0.06;
const LATE = 1.5 * FRAME;

/** Pairs of numbers that are added up over courses. */
interface Counts {
  events: number;
  hits: number;
  runs: number;
  right: number;
  shut: number;
  frames: number;
}

/** @param shutBelow lips that are less apart are shut */
export function closures(courses: readonly Course[], shutBelow: number): Closures {
  const counts: Counts = { events: 0, hits: 0, runs: 0, right: 0, shut: 0, frames: 0 };
  for (const course of courses) count(counts, course, shutBelow);
  const { events, hits, runs, right, shut, frames } = counts;
  return {
    events,
    recall: hits / Math.max(events, 1),
    precision: right / Math.max(runs, 1),
    shut: shut / Math.max(frames, 1),
  };
}

function count(counts: Counts, { segments, gaps }: Course, shutBelow: number): void {
  const times = middles(gaps.length);
  const pauses = segments.filter(([, , shape]) => shape === 'sil');
  const closed = segments.filter(([start, end, shape]) => shape === 'p' && end - start > SHORTEST);
  const shut = gaps.map((gap) => gap < shutBelow);
  const speech = times.map(
    (time) => !pauses.some(([a, b]) => time > a - NEAR_PAUSE && time < b + NEAR_PAUSE),
  );
  const besidePause = ([a, b]: Segment) =>
    pauses.some(([start, end]) => Math.abs(a - end) < NEAR_PAUSE || Math.abs(b - start) < NEAR_PAUSE);
  for (const [a, b] of closed.filter((segment) => !besidePause(segment))) {
    counts.events++;
    if (shut.some((is, i) => is && times[i]! >= a - FRAME && times[i]! <= b + FRAME)) counts.hits++;
  }
  counts.shut += shut.filter((is, i) => is && speech[i]).length;
  counts.frames += speech.filter(Boolean).length;
  for (const [first, last] of runsOf(shut.map((is, i) => is && speech[i]!))) {
    counts.runs++;
    if (closed.some(([a, b]) => times[first]! - LATE <= b && times[last]! + LATE >= a)) counts.right++;
  }
}

/** First and last index of each run of true. */
function runsOf(values: readonly boolean[]): [first: number, last: number][] {
  const runs: [number, number][] = [];
  for (const [i, value] of values.entries()) {
    if (!value) continue;
    if (values[i - 1] && runs.length) runs.at(-1)![1] = i;
    else runs.push([i, i]);
  }
  return runs;
}

/** Pearson's correlation. */
export function correlation(a: readonly number[], b: readonly number[]): number {
  const centred = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const product = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const [x, y] = [centred(a), centred(b)];
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y) + 1e-12);
}

const MOST_LAG = 4;

/** By how many frames `a` comes after `b`: the best correlation, between frames by a parabola. */
export function lag(a: readonly number[], b: readonly number[]): number {
  const shifts = Array.from({ length: 2 * MOST_LAG + 1 }, (_, i) => i - MOST_LAG);
  const scores = shifts.map((k) =>
    correlation(
      a.slice(Math.max(k, 0), a.length + Math.min(k, 0)),
      b.slice(Math.max(-k, 0), b.length - Math.max(k, 0)),
    ),
  );
  const best = scores.indexOf(Math.max(...scores));
  const [before, here, after] = [scores[best - 1], scores[best]!, scores[best + 1]];
  if (before === undefined || after === undefined) return best - MOST_LAG;
  return best - MOST_LAG + (0.5 * (before - after)) / (before - 2 * here + after);
}

/** The opening between the lips that the denoiser makes of the six curves; below .1 it is shut. */
export function gapOf([open, , , press, bite]: readonly number[]): number {
  const clip = (value: number) => Math.min(Math.max(value, 0), 1);
  const pressed = clip((press! - 0.05) / 0.25);
  const bitten = clip((bite! - 0.1) / 0.4) * (1 - pressed);
  return clip(open!) * (1 - pressed) * (1 - 0.7 * bitten);
}
