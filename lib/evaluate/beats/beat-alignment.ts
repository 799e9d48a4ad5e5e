import { mean } from '../arithmetic/statistics.js';
import { BEAT_POINTS } from '../landmarks/lists.js';
import type { FaceMesh } from '../landmarks/mesh.js';

/** The Gaussian under which the speed is smoothed: deviation and reach in frames. */
const SIGMA = 5;
const RADIUS = 20;
/** Twice the square of the deviation, 0.1 s, within which beats count as aligned. */
const SPREAD = 0.02;

/** The points of a mesh whose speed counts. */
export function beatPoints(mesh: FaceMesh): FaceMesh {
  return BEAT_POINTS.map((index) => mesh[index]!);
}

/** The mean speed of a face's points from one frame to the next. */
export class MotionSpeed {
  #last: FaceMesh | undefined;
  #count = 0;
  /** The distance from each frame to the next; NaN from and to frames without a face. */
  readonly values: number[] = [];

  /** @param points of the next frame, x, y and z; undefined without a face */
  add(points: FaceMesh | undefined): void {
    if (this.#count > 0) this.values.push(points && this.#last ? meanStep(this.#last, points) : Number.NaN);
    this.#count += 1;
    this.#last = points;
  }
}

function meanStep(from: FaceMesh, to: FaceMesh): number {
  const steps = from.map(([x, y, z = 0], i) =>
    Math.hypot(to[i]![0] - x, to[i]![1] - y, (to[i]![2] ?? 0) - z),
  );
  return mean(steps);
}

/** Speeds under a Gaussian; beyond the ends they are mirrored. */
export function smoothSpeed(speeds: ArrayLike<number>): Float64Array {
  const weights = Array.from({ length: 2 * RADIUS + 1 }, (_, i) =>
    Math.exp(-((i - RADIUS) ** 2) / (2 * SIGMA ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Float64Array.from({ length: speeds.length }, (_, i) => {
    const terms = weights.map((weight, k) => weight * speeds[mirrored(i + k - RADIUS, speeds.length)]!);
    return terms.reduce((sum, term) => sum + term, 0) / total;
  });
}

/** The index in 0..count-1 that an index beyond the ends shows: ... 1 0 | 0 1 ... */
function mirrored(index: number, count: number): number {
  const period = 2 * count;
  const inPeriod = ((index % period) + period) % period;
  return inPeriod < count ? inPeriod : period - 1 - inPeriod;
}

/** Frames in which the smoothed speed is lower than in both neighbours. */
export function motionBeats(smooth: Float64Array): number[] {
  return [...smooth.keys()].filter((i) => smooth[i]! < smooth[i - 1]! && smooth[i]! < smooth[i + 1]!);
}

/**
 * How well the beats of motion fit those of speech: 1 for each beat of speech with a beat of motion at the same time, less with distance;
 * the mean. Undefined without beats of either kind.
 */
export function beatAlignment(speech: readonly number[], motion: readonly number[]): number | undefined {
  if (speech.length === 0 || motion.length === 0) return undefined;
  const fits = speech.map((beat) => {
    const nearest = motion.reduce(
      (least, other) => Math.min(least, Math.abs(beat - other)),
      Number.POSITIVE_INFINITY,
    );
    return Math.exp(-(nearest ** 2) / SPREAD);
  });
  return mean(fits);
}
