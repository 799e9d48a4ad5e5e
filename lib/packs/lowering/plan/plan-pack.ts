import { throwIfAborted } from '../../../errors.js';
import { type Pack, rolesOf } from '../../pack.js';
import { type CacheOptions, cachedEntry } from '../cache.js';
import type { LoweredPack } from '../cache-entry.js';
import { keyOf } from '../cache-key.js';
import { lowerGraph } from '../lower-graph.js';
import { ONCE, openGraph } from '../lower-pack.js';
import { HALF_PASSES } from '../passes/index.js';
import { PLAN_VERSION } from './format.js';
import { type NetworkPlan, planGraph } from './plan.js';
import { writePlan } from './write.js';

/** What a pack is planned for: the lengths that it leaves open, and its arithmetic. */
export interface PackPlanFor {
  /** Frames of a window. */
  window: number;
  /** Steps of the sampler. */
  steps: number;
  /** Of the networks that run for every frame: floats, or halves in blocks with sums in float32. */
  precision: 'fp32' | 'fp16';
}

/** A network of a pack with its plan. */
export interface PlannedRole {
  plan: NetworkPlan;
  /** The graph's names for the tensors of the role. */
  inputs: Record<string, string>;
  outputs: Record<string, string>;
}

/**
 * Plans every network of a pack.
 *
 * @throws KdtalkerError OPERATOR_UNSUPPORTED for a node that no kernel computes, PACK_DAMAGED, ABORTED
 */
export async function planPack(
  pack: Pack,
  target: PackPlanFor,
  signal?: AbortSignal,
): Promise<PlannedRole[]> {
  const planned: PlannedRole[] = [];
  for (const [role, { inputs, outputs }] of rolesOf(pack.manifest)) {
    throwIfAborted(signal, 'Planning the pack');
    const open = role === 'time' ? target.steps : target.window;
    const graph = await openGraph(pack.file(role));
    const precision = ONCE.has(role) ? 'fp32' : target.precision;
    if (precision === 'fp16') await lowerGraph(graph, { precision }, HALF_PASSES);
    const plan = await planGraph(graph, { role, open });
    planned.push({ plan, inputs: { ...inputs }, outputs: { ...outputs } });
  }
  return planned;
}

/**
 * The plans of a pack, from the cache or newly made.
 *
 * @throws KdtalkerError as {@link planPack}, and OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL
 */
export async function plannedPack(
  pack: Pack,
  target: PackPlanFor,
  options: CacheOptions = {},
): Promise<LoweredPack> {
  const entry = await cachedEntry<PlannedRole>(
    {
      key: keyOf(pack, ['plan', PLAN_VERSION, target.window, target.steps, target.precision]),
      async plan() {
        await options.check?.();
        return planPack(pack, target, options.signal);
      },
      write: (planned, directory) => writePlans(planned, directory, options),
    },
    options,
  );
  return entry!; // a pack has at least one network
}

async function writePlans(
  planned: readonly PlannedRole[],
  directory: string,
  { onProgress, signal }: CacheOptions,
): Promise<LoweredPack['networks']> {
  const total = planned.reduce((sum, { plan }) => sum + weightBytes(plan), 0);
  const networks: LoweredPack['networks'] = {};
  let done = 0;
  for (const { plan, inputs, outputs } of planned) {
    const report = (bytes: number) => {
      done += bytes;
      onProgress?.({ stage: 'lower', network: plan.role, done, total });
    };
    const written = await writePlan(plan, directory, { signal, onProgress: report });
    networks[plan.role] = { ...written, inputs, outputs };
  }
  return networks;
}

function weightBytes({ weights }: NetworkPlan): number {
  return [...weights.tensors.values()].reduce((sum, { bytes }) => sum + bytes, 0);
}
