import type { PlanOperation } from './operation.js';
import type { NetworkPlan } from './plan.js';
import { onTensorCores } from './tiles.js';

/** What a network costs, counted from its plan. */
export interface Cost {
  role: string;
  kernels: number;
  /** Multiplications that are added up. */
  multiplyAdds: number;
  /** Those that kernels do, with what only fills the tiles of tensor cores. */
  done: number;
  /** Bytes of weights. */
  weightBytes: number;
  /** Bytes that kernels read and write, weights included, each element once for each kernel. */
  bytes: number;
  arenaBytes: number;
  /** Milliseconds at least, by the names of {@link GPUS}. */
  milliseconds: Record<string, number>;
}

/** Rates of a GPU as its maker states them, a second: multiply-adds of float32, and of halves on tensor cores with sums in float32; bytes. */
interface Rates {
  multiplyAdds: number;
  ofHalves: number;
  bytes: number;
}

export const GPUS: Record<string, Rates> = {
  'RTX 4090': { multiplyAdds: 41.3e12, ofHalves: 82.6e12, bytes: 1.008e12 },
  'H100 SXM': { multiplyAdds: 33.5e12, ofHalves: 494.7e12, bytes: 3.35e12 },
  L4: { multiplyAdds: 15.1e12, ofHalves: 60.5e12, bytes: 0.3e12 },
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
    done: total((operation) => onTensorCores(operation) ?? operation.multiplyAdds),
    weightBytes: weights.bytes,
    bytes: total(({ bytes }) => bytes),
    arenaBytes,
    milliseconds: Object.fromEntries(
      Object.entries(GPUS).map(([name, rates]) => [name, 1000 * seconds(rates)]),
    ),
  };
}

/** No kernel is faster than its arithmetic, or than the memory. */
function leastSeconds(operation: PlanOperation, rates: Rates): number {
  const { multiplyAdds, bytes } = operation;
  const onTiles = onTensorCores(operation);
  const arithmetic = onTiles === undefined ? multiplyAdds / rates.multiplyAdds : onTiles / rates.ofHalves;
  return Math.max(arithmetic, bytes / rates.bytes);
}
