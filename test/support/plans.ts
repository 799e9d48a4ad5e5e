import { join } from 'node:path';
import type { Test } from 'tap';
import { native } from '../../dist/binding.js';
import { type NetworkPlan, planGraph } from '../../dist/packs/lowering/plan/plan.js';
import { writePlan, writeWeights } from '../../dist/packs/lowering/plan/write.js';
import { EditableGraph, type Graph } from '../../dist/packs/onnx/index.js';
import { takeCudaDouble } from './cuda-double.js';
import { type HostTensor, openGraph } from './graphs.js';
import { near, temporaryFolder } from './networks.js';

/** On `guarded` and `cuda:0`, here the double of CUDA, an address that is not the device's faults; `cuda:0` runs the library's kernels. */
export const DEVICES = ['cpu', 'guarded', 'cuda:0'] as const;
takeCudaDouble();

/** The plan of a graph under construction. */
export function planBuilt(built: Graph, open = 8): Promise<NetworkPlan> {
  return planGraph(EditableGraph.parse(built.toBytes()), { role: 'test', open });
}

/** Runs a plan with host tensors. */
export async function runPlan(
  t: Test,
  plan: NetworkPlan,
  feeds: Record<string, HostTensor>,
  device: string = 'cpu',
): Promise<Record<string, HostTensor>> {
  const folder = temporaryFolder(t);
  const { file } = await writePlan(plan, folder);
  const weights = await writeWeights(plan, folder);
  const network = await native().openPlanNetwork(join(folder, weights.file), device);
  try {
    return await native().runPlanNetwork(network, join(folder, file), feeds);
  } finally {
    await native().closePlanNetwork(network);
  }
}

/** Asserts that a planned graph gives ONNX Runtime's outputs on every device. @returns the kinds of its operations */
export async function plannedAsRuntime(
  t: Test,
  built: Graph,
  feeds: Record<string, HostTensor>,
  name: string,
  tolerance = 1e-6,
): Promise<string[]> {
  const plan = await planBuilt(built);
  const expected = await (await openGraph(built.toBytes()))(feeds);
  for (const device of DEVICES) {
    const found = await runPlan(t, plan, feeds, device);
    t.strictSame(Object.keys(found).sort(), Object.keys(expected).sort(), `${name}: the outputs`);
    for (const [output, { data, dims }] of Object.entries(expected)) {
      t.strictSame(found[output]!.dims, dims, `${name}, ${output} on ${device}: the same lengths`);
      near(
        t,
        found[output]!.data as Float32Array,
        data as Float32Array,
        tolerance,
        `${name}, ${output} on ${device}`,
      );
    }
  }
  return plan.operations.map(({ kind }) => kind);
}
