import type { HostTensor } from '../../binding.js';
import type { Fingerprint, OutputFingerprint } from '../manifest.js';

/** Values that are kept of an output, evenly spread over it. */
const KEPT = 8;

/**
 * What is kept of a network's outputs. One with a number that is not finite is left out: no JSON can say it, and no
 * comparison could find it again.
 */
export function describeOutputs(outputs: Readonly<Record<string, HostTensor>>): Fingerprint {
  const described = Object.entries(outputs).map(([name, { data }]) => [name, describeValues(data)] as const);
  return Object.fromEntries(described.filter(([, output]) => output !== undefined)) as Fingerprint;
}

function describeValues(data: HostTensor['data']): OutputFingerprint | undefined {
  if (data.length === 0) return undefined;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    sum += value;
    squares += value * value;
  }
  if (!Number.isFinite(squares)) return undefined;
  const count = Math.min(KEPT, data.length);
  const places = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * data.length) / count));
  return {
    mean: rounded(sum / data.length),
    rms: rounded(Math.sqrt(squares / data.length)),
    values: places.map((place) => rounded(Number(data[place]))),
  };
}

/** Six digits say all that two machines agree on. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
