import { join } from 'node:path';
import type { Test } from 'tap';
import { lowerGraph } from '../../dist/packs/lowering/lower-graph.js';
import type { WeightPacker } from '../../dist/packs/lowering/packed-weights.js';
import type { Pass } from '../../dist/packs/lowering/pass.js';
import { EditableGraph, type Graph, writeEdited, writeModel } from '../../dist/packs/onnx/index.js';
import { expand } from './expanded.js';
import { type HostTensor, openGraph } from './graphs.js';
import { near, temporaryFolder } from './networks.js';

/** Weights as they come: what the reference forms of the operators take. */
export const unpackedWeights: WeightPacker = async (_layout, weights) =>
  new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);

/** What lowering made of a graph that was made by code. */
export interface Lowered {
  /** Patterns by pass. */
  found: Map<string, number>;
  /** How many nodes of each operator there are; the engine's own begin with `kdtalker:`. */
  operators: Record<string, number>;
  graph: EditableGraph;
}

/** Lowers a graph under construction by some passes. */
export async function lowerBuilt(t: Test, built: Graph, passes: readonly Pass[]): Promise<Lowered> {
  const folder = temporaryFolder(t);
  await writeModel(built, folder, 'plain.onnx');
  const graph = await EditableGraph.open(join(folder, 'plain.onnx'));
  const found = await lowerGraph(graph, { precision: 'fp32', packWeights: unpackedWeights }, passes);
  return { found, operators: operatorsOf(graph), graph };
}

/** Asserts that a lowered graph, each of the engine's operators put back into standard ones, gives what the plain one gives. */
export async function sameAsPlain(
  t: Test,
  built: Graph,
  { graph }: Lowered,
  feeds: Record<string, HostTensor>,
  tolerance = 1e-5,
): Promise<void> {
  const folder = temporaryFolder(t);
  await writeModel(built, folder, 'plain.onnx');
  await writeEdited(graph, folder, 'lowered.onnx');
  const expanded = await EditableGraph.open(join(folder, 'lowered.onnx'));
  await expand(expanded);
  await writeEdited(expanded, folder, 'expanded.onnx');
  const expected = await (await openGraph(join(folder, 'plain.onnx')))(feeds);
  const found = await (await openGraph(join(folder, 'expanded.onnx')))(feeds);
  t.strictSame(Object.keys(found).sort(), Object.keys(expected).sort(), 'the outputs keep their names');
  for (const [name, { data, dims }] of Object.entries(expected)) {
    t.strictSame(found[name]!.dims, dims, `${name}: same shape`);
    near(t, found[name]!.data as Float32Array, data as Float32Array, tolerance, name);
  }
}

export function operatorsOf(graph: EditableGraph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { domain, type } of graph.nodes) {
    const name = domain ? `${domain}:${type}` : type;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
