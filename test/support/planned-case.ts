// A graph of one kind of operation of a plan, against ONNX Runtime.
import type { Test } from 'tap';
import { Graph, type Value } from '../../dist/packs/onnx/index.js';
import { filled, type HostTensor } from './graphs.js';
import { plannedAsRuntime } from './plans.js';

export interface PlannedCase {
  name: string;
  inputs: Record<string, number[]>;
  build(g: Graph, inputs: Record<string, Value>): Value;
  /** Of the result. */
  dims: number[];
  /** The kinds of the operations; left out: any. */
  kinds?: string[];
  tolerance?: number;
}

export const wave = (dims: number[], phase = 0) =>
  filled(dims, (i) => Math.sin(1.7 * i + phase) + 0.25 * Math.cos(0.31 * i));

export function constant(g: Graph, name: string, dims: number[], phase = 1): Value {
  return g.constant(name, wave(dims, phase).data as Float32Array, dims);
}

export async function checkPlanned(
  t: Test,
  { name, inputs, build, dims, kinds, tolerance }: PlannedCase,
): Promise<void> {
  const g = new Graph('made');
  const values = Object.fromEntries(
    Object.entries(inputs).map(([input, lengths]) => [input, g.input(input, 'float32', lengths)]),
  );
  g.output('out', build(g, values), 'float32', dims);
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([input, lengths], i): [string, HostTensor] => [input, wave(lengths, i)]),
  );
  const found = await plannedAsRuntime(t, g, feeds, name, tolerance);
  if (kinds) t.strictSame(found, kinds, `${name}: its operations`);
}
