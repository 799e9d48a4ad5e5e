import type { HostTensor } from '../../binding.js';
import type { Fingerprint, OutputFingerprint } from '../manifest.js';

/** Number of values kept from an output, evenly spread over it. */
const KEPT = 8;

/**
 * The fingerprint of a network's outputs. It omits an output with a number that is not finite: JSON cannot store the number, and
 * a comparison would never match it.
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

/** Six digits: two machines agree on no more. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
