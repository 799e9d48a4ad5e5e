/** How far two series are apart. */
export interface Delay {
  /** Steps by which the second one has to be moved later to fit the first one; negative if it is late. */
  readonly steps: number;
  /** Their correlation then, at most 1. */
  readonly correlation: number;
}

/** Pairs of values that a correlation needs; of series longer than twice that, half of them. */
const FEWEST = 12;

/**
 * The shift at which two series of the same rate fit best, by cross-correlation of the part that they have in common. Undefined for series
 * too short to tell, or where one of them does not vary. Values that are NaN do not count.
 *
 * @param reach the greatest shift in steps
 */
export function delayOf(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  reach: number,
): Delay | undefined {
  let best: Delay | undefined;
  const least = Math.max(FEWEST, Math.min(first.length, second.length) / 2);
  for (const steps of shifts(reach)) {
    const fit = fitAt(first, second, steps, least);
    if (fit > (best?.correlation ?? 0)) best = { steps, correlation: fit };
  }
  return best;
}

/** 0, 1, -1, 2, -2 ...: of equal ones the smallest shift counts. */
function shifts(reach: number): number[] {
  return Array.from({ length: 2 * reach + 1 }, (_, i) => (i % 2 === 1 ? (i + 1) / 2 : -i / 2) || 0);
}

/** The correlation of `first[i]` with `second[i - steps]`; 0 for fewer than `least` pairs. */
function fitAt(first: ArrayLike<number>, second: ArrayLike<number>, steps: number, least: number): number {
  const sums = { n: 0, x: 0, y: 0, xx: 0, xy: 0, yy: 0 };
  const end = Math.min(first.length, second.length + steps);
  for (let i = Math.max(0, steps); i < end; i++) {
    const [x, y] = [first[i]!, second[i - steps]!];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    sums.n += 1;
    sums.x += x;
    sums.y += y;
    sums.xx += x * x;
    sums.xy += x * y;
    sums.yy += y * y;
  }
  const { n, x, y, xx, xy, yy } = sums;
  const spread = (n * xx - x * x) * (n * yy - y * y);
  return n < least || !(spread > 1e-12 * (n * xx) * (n * yy)) ? 0 : (n * xy - x * y) / Math.sqrt(spread);
}
