import type { Test } from 'tap';

/** The largest difference of two lists of numbers; infinite where a value is not a number. */
export function largestDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < found.length; i++) {
    const difference = Math.abs(found[i]! - expected[i]!);
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return largest;
}

/** Asserts that lists of numbers agree within an absolute tolerance; the message gives the difference. */
export function close(
  t: Test,
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  name: string,
): void {
  const difference = largestDifference(found, expected);
  t.ok(difference <= tolerance, `${name}: differs by ${difference}, allowed ${tolerance}`, {
    found: Array.from(found).slice(0, 20),
    expected: Array.from(expected).slice(0, 20),
  });
}
