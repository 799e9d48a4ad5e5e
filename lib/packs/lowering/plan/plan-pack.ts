import { throwIfAborted } from '../../../errors.js';
import { type Pack, type RoleName, rolesOf } from '../../pack.js';
import { type CacheOptions, cachedEntry } from '../cache.js';
import type { LoweredPack } from '../cache-entry.js';
import { keyOf } from '../cache-key.js';
import { idleRoles } from '../idle-roles.js';
import { lowerGraph } from '../lower-graph.js';
import { openGraph, type PlannedNetwork, splitOff } from '../lower-pack.js';
import { HALF_PASSES } from '../passes/index.js';
import { conditionIsRowWise } from '../row-wise.js';
import { passInHalves } from './between.js';
import { PLAN_VERSION } from './format.js';
import { isOpen, type NetworkPlan, planGraph } from './plan.js';
import { writePlan, writeWeights } from './write.js';

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

/** A length that a clip chooses, or a stream: the frames that it hears at a time. */
export type ChosenLength = 'window' | 'steps' | 'hop';

/** Plans for a length. */
export interface LengthPlanFor {
  which: ChosenLength;
  length: number;
  precision: PackPlanFor['precision'];
}

/** The roles whose networks have a length that a clip chooses, by which length that is. */
const OPEN_ROLES: Record<ChosenLength, readonly RoleName[]> = {
  window: ['audio', 'condition', 'denoiser'],
  steps: ['time'],
  hop: ['audio', 'condition'],
};

/** The roles that make frames: half precision is theirs, and what they compute is watched. */
export const FRAME_ROLES: readonly RoleName[] = ['render', 'warp', 'decode'];

/** The roles of a pack whose plans depend on a length. */
export function openRoles({ manifest }: Pack, which: ChosenLength): RoleName[] {
  return OPEN_ROLES[which].filter((role) => manifest.roles[role] !== undefined);
}

/** Those of {@link openRoles} that are planned: of a hop the networks that take any number of frames, each frame by itself. */
async function rolesTaking(pack: Pack, which: ChosenLength): Promise<RoleName[]> {
  if (which !== 'hop') return openRoles(pack, which);
  const takes = async (role: RoleName, axis: number) => {
    const [input] = (await openGraph(pack.file(role))).inputs;
    return isOpen(input?.type?.tensorType?.shape?.dim[axis]?.dimValue);
  };
  if (!(await takes('audio', 0))) return [];
  const conditions = (await conditionIsRowWise(pack)) && (await takes('condition', 1));
  return conditions ? ['audio', 'condition'] : ['audio'];
}

/**
 * Plans every network of a pack that a talker runs.
 *
 * @throws KdtalkerError OPERATOR_UNSUPPORTED for a node that no kernel computes, PACK_DAMAGED, ABORTED
 */
export async function planPack(
  pack: Pack,
  target: PackPlanFor,
  signal?: AbortSignal,
): Promise<PlannedRole[]> {
  const { precision } = target;
  const idle = await idleRoles(pack);
  const networks: PlannedNetwork[] = [];
  for (const [role] of rolesOf(pack.manifest)) {
    if (!idle.includes(role)) networks.push(await networkOf(pack, role, precision, signal));
  }
  const halves = precision === 'fp16';
  if (halves) passInHalves(networks);
  const split = { halves, ...(idle.includes('render') && { everyFrame: ['field'] }) };
  const planned: PlannedRole[] = [];
  for (const network of networks) {
    throwIfAborted(signal, 'Planning the pack');
    const open = OPEN_ROLES.steps.some((role) => role === network.role) ? target.steps : target.window;
    for (const part of [...splitOff(network, split), network]) planned.push(await planNetwork(part, open));
  }
  return planned;
}

/** A network of a pack as it is planned. */
async function networkOf(
  pack: Pack,
  role: RoleName,
  precision: PackPlanFor['precision'],
  signal: AbortSignal | undefined,
): Promise<PlannedNetwork> {
  throwIfAborted(signal, 'Planning the pack');
  const { inputs, outputs } = pack.manifest.roles[role]!;
  const graph = await openGraph(pack.file(role));
  if (precision === 'fp16' && FRAME_ROLES.includes(role)) await lowerGraph(graph, { precision }, HALF_PASSES);
  return { role, graph, inputs: { ...inputs }, outputs: { ...outputs } };
}

async function planNetwork(
  { role, graph, inputs, outputs }: PlannedNetwork,
  open: number,
): Promise<PlannedRole> {
  return { plan: await planGraph(graph, { role, open }), inputs, outputs };
}

/** Plans of some roles, each whole. */
async function planRoles(
  pack: Pack,
  roles: readonly RoleName[],
  { open, precision }: { open: number; precision: PackPlanFor['precision'] },
  signal: AbortSignal | undefined,
): Promise<PlannedRole[]> {
  const networks = await Promise.all(roles.map((role) => networkOf(pack, role, precision, signal)));
  return Promise.all(networks.map((network) => planNetwork(network, open)));
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
  const { window, steps, precision } = target;
  const idle = await idleRoles(pack);
  const entry = await cachedEntry<PlannedRole>(
    {
      key: keyOf(pack, ['plan', PLAN_VERSION, window, steps, precision, ...idle]),
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

/**
 * Plans of the roles that depend on one of the lengths, over the weights of {@link plannedPack}, which are not written again; from the cache
 * or newly made; undefined if there are none.
 *
 * @param options.check checks the pack's files, which may have changed since it was loaded
 * @throws KdtalkerError as {@link plannedPack}
 */
export async function plansForLength(
  pack: Pack,
  { which, length: open, precision }: LengthPlanFor,
  options: CacheOptions = {},
): Promise<LoweredPack | undefined> {
  return cachedEntry<PlannedRole>(
    {
      key: keyOf(pack, ['plan', PLAN_VERSION, which, open, precision]),
      async plan() {
        await options.check?.();
        const roles = await rolesTaking(pack, which);
        return planRoles(pack, roles, { open, precision }, options.signal);
      },
      write: writePlansAlone,
    },
    options,
  );
}

/**
 * Plans in float32 of the networks that make frames, for what half precision cannot hold; from the cache or newly made; undefined if no
 * network makes them.
 *
 * @throws KdtalkerError as {@link plannedPack}
 */
export async function exactFramePlans(
  pack: Pack,
  options: CacheOptions = {},
): Promise<LoweredPack | undefined> {
  const idle = await idleRoles(pack);
  const roles = FRAME_ROLES.filter((role) => pack.manifest.roles[role] !== undefined && !idle.includes(role));
  if (roles.length === 0) return undefined;
  const target = { open: pack.manifest.sampler.window, precision: 'fp32' } as const;
  return cachedEntry<PlannedRole>(
    {
      key: keyOf(pack, ['plan', PLAN_VERSION, 'exact']),
      async plan() {
        await options.check?.();
        return planRoles(pack, roles, target, options.signal);
      },
      write: (planned, directory) => writePlans(planned, directory, options),
    },
    options,
  );
}

/** Writes plans without the weights, which those of other lengths have. */
export async function writePlansAlone(
  planned: readonly PlannedRole[],
  directory: string,
): Promise<LoweredPack['networks']> {
  const networks: LoweredPack['networks'] = {};
  for (const { plan, inputs, outputs } of planned)
    networks[plan.role] = { ...(await writePlan(plan, directory)), inputs, outputs };
  return networks;
}

/** Writes plans and their weights. */
export async function writePlans(
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
    const written = await writePlan(plan, directory);
    const data = await writeWeights(plan, directory, { signal, onProgress: report });
    networks[plan.role] = { ...written, data, inputs, outputs };
  }
  return networks;
}

function weightBytes({ weights }: NetworkPlan): number {
  return [...weights.tensors.values()].reduce((sum, { bytes }) => sum + bytes, 0);
}
