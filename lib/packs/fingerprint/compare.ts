import type { Fingerprint, OutputFingerprint } from '../manifest.js';

/**
 * Largest allowed difference, as a share of the output's RMS. Processors sum in different orders, which adds up to
 * 1e-5 to 1e-4 over a hundred layers; one wrong weight tensor changes the output by tenths.
 */
export const TOLERANCE = 1e-3;
/** Floor of the RMS, for outputs that are zero everywhere. */
const FLOOR = 1e-6;

/** A number whose difference exceeds the allowed one. */
export interface Difference {
  /** The output's name in the graph. */
  output: string;
  /** `mean`, `rms` or `value 3`. */
  what: string;
  expected: number;
  /** Undefined when the graph has no such output, or no finite number there. */
  found: number | undefined;
  allowed: number;
}

/** For the first output that differs: its largest difference relative to the allowed one. */
export function findDifference(expected: Fingerprint, found: Fingerprint): Difference | undefined {
  for (const [output, numbers] of Object.entries(expected)) {
    const worst = worstOf(output, numbers, found[output]);
    if (worst) return worst;
  }
  return undefined;
}

function worstOf(
  output: string,
  expected: OutputFingerprint,
  found: OutputFingerprint | undefined,
): Difference | undefined {
  const allowed = TOLERANCE * expected.rms + FLOOR;
  const others = found && numbersOf(found);
  const differences = [...numbersOf(expected)].map(([what, number]) => ({
    output,
    what,
    expected: number,
    found: others?.get(what),
    allowed,
  }));
  const excess = (one: Difference) =>
    one.found === undefined ? Infinity : Math.abs(one.found - one.expected);
  const worst = differences.reduce((a, b) => (excess(b) > excess(a) ? b : a));
  return excess(worst) > allowed ? worst : undefined;
}

function numbersOf({ mean, rms, values }: OutputFingerprint): Map<string, number> {
  return new Map([
    ['mean', mean],
    ['rms', rms],
    ...values.map((value, i): [string, number] => [`value ${i}`, value]),
  ]);
}
