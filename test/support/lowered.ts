import { join } from 'node:path';
import type { Test } from 'tap';
import { native } from '../../dist/binding.js';
import { lowerGraph } from '../../dist/packs/lowering/lower-graph.js';
import type { Pass } from '../../dist/packs/lowering/pass.js';
import { PASSES } from '../../dist/packs/lowering/passes/index.js';
import type { CpuPrecision } from '../../dist/packs/lowering/precision.js';
import type { LayOutWeights } from '../../dist/packs/lowering/weight-layout.js';
import { EditableGraph, type Graph, writeEdited, writeModel } from '../../dist/packs/onnx/index.js';
import { expand } from './expanded.js';
import { type HostTensor, openGraph } from './graphs.js';
import { near, temporaryFolder } from './networks.js';

/** Unchanged weights, which the reference forms of the operators take. */
export const plainWeights: LayOutWeights = async (_layout, weights) =>
  new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);

/** Winograd's transforms of four cells lose the most: 2.5e-2 of the root mean square. */
const BF16 = 0.05;

/** What lowering made of a graph that was made by code. */
export interface Lowered {
  /** Patterns by pass. */
  found: Map<string, number>;
  /** How many nodes of each operator there are; the engine's own begin with `kdtalker:`. */
  operators: Record<string, number>;
  graph: EditableGraph;
  passes: readonly Pass[];
}

/** Lowers a graph under construction by some passes. */
export async function lowerBuilt(t: Test, built: Graph, passes: readonly Pass[]): Promise<Lowered> {
  const folder = temporaryFolder(t);
  await writeModel(built, folder, 'plain.onnx');
  const graph = await EditableGraph.open(join(folder, 'plain.onnx'));
  const found = await lowerGraph(graph, { precision: 'fp32', layOutWeights: plainWeights }, passes);
  return { found, operators: operatorsOf(graph), graph, passes };
}

/**
 * Asserts that a lowered graph gives the plain one's output: with each of the engine's operators replaced by standard ones, and in the
 * engine, in float32 and in bfloat16 if the processor has it.
 */
export async function sameAsPlain(
  t: Test,
  built: Graph,
  { graph, passes }: Lowered,
  feeds: Record<string, HostTensor>,
  tolerance = 1e-5,
  bf16 = BF16,
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
  alike(t, found, expected, tolerance, 'standard operators');
  await engineAgrees(t, folder, { fp32: 2 * tolerance, bf16 }, feeds, expected, passes);
}

/** Asserts that a graph lowered by all passes gives in the engine what the plain one gives, in every precision that the processor has. */
export async function engineAsPlain(
  t: Test,
  built: Graph,
  feeds: Record<string, HostTensor>,
  tolerances: Record<CpuPrecision, number>,
): Promise<void> {
  const folder = temporaryFolder(t);
  await writeModel(built, folder, 'plain.onnx');
  const expected = await (await openGraph(join(folder, 'plain.onnx')))(feeds);
  await engineAgrees(t, folder, tolerances, feeds, expected);
}

async function engineAgrees(
  t: Test,
  folder: string,
  tolerances: Record<CpuPrecision, number>,
  feeds: Record<string, HostTensor>,
  expected: Record<string, HostTensor>,
  passes?: readonly Pass[],
): Promise<void> {
  for (const precision of ['fp32', 'bf16'] as const) {
    if (precision === 'bf16' && !native().cpuFeatures().bf16) {
      t.pass('bf16', { skip: 'this processor has no AVX512-BF16' });
      continue;
    }
    const options = { precision, ...(passes && { passes }) };
    const ran = await runLowered(join(folder, 'plain.onnx'), folder, options, feeds);
    alike(t, ran, expected, tolerances[precision], `the engine in ${precision}`);
  }
}

/** Asserts that no pass finds anything in a graph, and that the graph is unchanged. */
export async function staysPlain(t: Test, built: Graph, name: string): Promise<void> {
  const before = operatorsOf(EditableGraph.parse(built.toBytes()));
  const { found, operators } = await lowerBuilt(t, built, PASSES);
  t.strictSame(
    [...found].filter(([, count]) => count > 0),
    [],
    `${name}: nothing is found`,
  );
  t.strictSame(operators, before, `${name}: every node stays`);
}

/** Lowers a graph's file with the weights that the engine wants, and runs it there. */
export async function runLowered(
  file: string,
  folder: string,
  { precision, passes }: { precision: CpuPrecision; passes?: readonly Pass[] },
  feeds: Record<string, HostTensor>,
): Promise<Record<string, HostTensor>> {
  const graph = await EditableGraph.open(file);
  await lowerGraph(graph, { precision, layOutWeights: native().layOutWeights }, passes);
  const name = `${precision}.onnx`;
  await writeEdited(graph, folder, name);
  const session = await native().openSession(join(folder, name), { threads: 2 });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

function alike(
  t: Test,
  found: Record<string, HostTensor>,
  expected: Record<string, HostTensor>,
  tolerance: number,
  how: string,
): void {
  for (const [name, { data, dims }] of Object.entries(expected)) {
    t.strictSame(found[name]!.dims, dims, `${how}, ${name}: same shape`);
    near(t, found[name]!.data as Float32Array, data as Float32Array, tolerance, `${how}, ${name}`);
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
