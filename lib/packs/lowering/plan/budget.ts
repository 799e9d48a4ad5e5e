import type { PlanOperation } from './operation.js';
import type { NetworkPlan } from './plan.js';

/** What a network costs, counted from its plan. */
export interface Cost {
  role: string;
  kernels: number;
  /** Multiplications that are added up. */
  multiplyAdds: number;
  /** Bytes of weights. */
  weightBytes: number;
  /** Bytes that kernels read and write, weights included, each element once for each kernel. */
  bytes: number;
  arenaBytes: number;
  /** Milliseconds at least, by the names of {@link GPUS}. */
  milliseconds: Record<string, number>;
}

/** Rates of a GPU as its maker states them: float32 multiply-adds and bytes a second. */
interface Rates {
  multiplyAdds: number;
  bytes: number;
}

/** A plan's kernels compute in float32 outside of the tensor cores. */
export const GPUS: Record<string, Rates> = {
  'RTX 4090': { multiplyAdds: 41.3e12, bytes: 1.008e12 },
  'H100 SXM': { multiplyAdds: 33.5e12, bytes: 3.35e12 },
  L4: { multiplyAdds: 15.1e12, bytes: 0.3e12 },
};

/** Seconds from one kernel of a CUDA graph to the next. */
const GAP = 0.6e-6;

/** Counts a plan. */
export function costOf({ role, operations, weights, arenaBytes }: NetworkPlan): Cost {
  const total = (of: (operation: PlanOperation) => number) =>
    operations.reduce((sum, each) => sum + of(each), 0);
  const seconds = (rates: Rates) => total((operation) => GAP + leastSeconds(operation, rates));
  return {
    role,
    kernels: operations.length,
    multiplyAdds: total(({ multiplyAdds }) => multiplyAdds),
    weightBytes: weights.bytes,
    bytes: total(({ bytes }) => bytes),
    arenaBytes,
    milliseconds: Object.fromEntries(
      Object.entries(GPUS).map(([name, rates]) => [name, 1000 * seconds(rates)]),
    ),
  };
}

/** No kernel is faster than its arithmetic, or than the memory. */
function leastSeconds({ multiplyAdds, bytes }: PlanOperation, rates: Rates): number {
  return Math.max(multiplyAdds / rates.multiplyAdds, bytes / rates.bytes);
}
