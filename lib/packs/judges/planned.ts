import { join } from 'node:path';
import { orAborted } from '../../abort.js';
import { type HostTensors, native, type PlanNetworkHandle } from '../../binding.js';
import { sha256 } from '../../files/hash.js';
import { version } from '../../version.js';
import { cachedEntry } from '../lowering/cache.js';
import type { LoweredPack } from '../lowering/cache-entry.js';
import { openGraph } from '../lowering/lower-pack.js';
import { PLAN_VERSION } from '../lowering/plan/format.js';
import { isOpen, planGraph } from '../lowering/plan/plan.js';
import { type PlannedRole, writePlans, writePlansAlone } from '../lowering/plan/plan-pack.js';
import type { ValueInfoMessage } from '../onnx/proto.js';
import type { ListedNetwork } from './list.js';
import type { GraphSession } from './session.js';

/** How a network is opened on a device that runs plans. */
export interface PlannedJudgeOptions {
  /** Its name in messages. */
  role: string;
  /** The graph's file. */
  file: string;
  network: ListedNetwork;
  /** Lengths of the axes that its inputs leave open, for the first plan, which has the weights. */
  lengths: readonly number[];
  device: string;
  signal: AbortSignal | undefined;
}

/** Lengths of inputs by their names. */
type Lengths = Record<string, readonly number[]>;

/**
 * A network of a judge by plans: one for each set of lengths that its inputs come with, made when they first come, and kept in the cache
 * beside lowered packs. The weights are on the device once.
 */
export class PlannedJudge implements GraphSession {
  readonly #options: PlannedJudgeOptions;
  readonly #network: PlanNetworkHandle;
  readonly #plans = new Map<string, Promise<string>>();
  /** The first lengths of all tensors; negative: any. */
  readonly first: readonly number[];

  private constructor(options: PlannedJudgeOptions, network: PlanNetworkHandle, first: readonly number[]) {
    this.#options = options;
    this.#network = network;
    this.first = first;
  }

  /**
   * @throws KdtalkerError DEVICE_UNAVAILABLE, DEVICE_MEMORY, OPERATOR_UNSUPPORTED for a node that no kernel computes, OUTPUT_UNWRITABLE,
   *   OUTPUT_DISK_FULL, ABORTED
   */
  static async open(options: PlannedJudgeOptions): Promise<PlannedJudge> {
    const { file, role, lengths, device, signal } = options;
    await orAborted(native().checkDevice(device), { signal, what: 'Opening the device' });
    const { inputs, outputs } = await openGraph(file);
    const { directory, networks } = await plansFor(options, lengthsOf(inputs, lengths), 'weights');
    const weights = join(directory, networks[role]!.data!.file);
    const handle = await native().openPlanNetwork(weights, device);
    return new PlannedJudge(
      options,
      handle,
      [...inputs, ...outputs].map((info) => dimsOf(info)[0]!),
    );
  }

  async run(feeds: HostTensors): Promise<HostTensors> {
    return native().runPlanNetwork(this.#network, await this.#planFor(feeds), feeds);
  }

  close(): Promise<void> {
    return native().closePlanNetwork(this.#network);
  }

  #planFor(feeds: HostTensors): Promise<string> {
    const lengths = Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims]));
    const key = JSON.stringify(lengths);
    const known = this.#plans.get(key);
    if (known) return known;
    const made = this.#makePlan(lengths);
    this.#plans.set(key, made);
    made.catch(() => this.#plans.delete(key)); // the next run tries again
    return made;
  }

  async #makePlan(lengths: Lengths): Promise<string> {
    const { directory, networks } = await plansFor(this.#options, lengths, 'plan');
    return join(directory, networks[this.#options.role]!.file);
  }
}

/** A plan for lengths, with the weights or without, from the cache or newly made. */
async function plansFor(
  { file, role, network, signal }: PlannedJudgeOptions,
  lengths: Lengths,
  what: 'weights' | 'plan',
): Promise<LoweredPack> {
  const parts = ['judge', network.sha256, network.data?.sha256 ?? null, version(), PLAN_VERSION];
  const making = {
    key: sha256(JSON.stringify([...parts, what, lengths])),
    plan: async (): Promise<PlannedRole[]> => [
      { plan: await planGraph(await openGraph(file), { role, open: lengths }), inputs: {}, outputs: {} },
    ],
    write: (planned: readonly PlannedRole[], folder: string) =>
      what === 'plan' ? writePlansAlone(planned, folder) : writePlans(planned, folder, { signal }),
  };
  return (await cachedEntry(making, { signal }))!; // there is always a plan
}

const OPEN = -1;

/** Lengths of a tensor; {@link OPEN} where the graph leaves one open. */
function dimsOf({ type }: ValueInfoMessage): number[] {
  const dims = type?.tensorType?.shape?.dim ?? [];
  return dims.map(({ dimValue }) => (isOpen(dimValue) ? OPEN : dimValue));
}

/** Lengths of all inputs, with `lengths` for those that are open, in their order. */
function lengthsOf(inputs: readonly ValueInfoMessage[], lengths: readonly number[]): Lengths {
  const given = [...lengths];
  return Object.fromEntries(
    inputs.map((info) => [
      info.name,
      dimsOf(info).map((length) => (length === OPEN ? given.shift()! : length)),
    ]),
  );
}
