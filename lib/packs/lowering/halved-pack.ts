import { throwIfAborted } from '../../errors.js';
import { type Pack, rolesOf } from '../pack.js';
import { type CacheOptions, cachedEntry } from './cache.js';
import type { LoweredPack } from './cache-entry.js';
import { keyOf } from './cache-key.js';
import { HALVE_VERSION, halveGraph } from './halve.js';
import { openGraph, type PlannedNetwork, writeLowered } from './lower-pack.js';
import { FRAME_ROLES } from './plan/plan-pack.js';

/**
 * The networks of a pack in half precision, for ONNX Runtime's providers, from the cache or newly made. Only those that make
 * frames: what they make is watched, and made again in float32 where half precision cannot hold it.
 *
 * @returns undefined, without writing anything, when the pack has no convolutions
 * @throws KdtalkerError PACK_DAMAGED, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED, and what `check` throws
 */
export function halvedPack(pack: Pack, options: CacheOptions = {}): Promise<LoweredPack | undefined> {
  return cachedEntry<PlannedNetwork>(
    {
      key: keyOf(pack, ['halved', HALVE_VERSION]),
      async plan() {
        await options.check?.();
        return planHalved(pack, options.signal);
      },
      write: (planned, directory) => writeLowered(planned, directory, options),
    },
    options,
  );
}

async function planHalved(pack: Pack, signal: AbortSignal | undefined): Promise<PlannedNetwork[]> {
  const planned: PlannedNetwork[] = [];
  for (const [role, { inputs, outputs }] of rolesOf(pack.manifest)) {
    throwIfAborted(signal, 'Halving the pack');
    if (!FRAME_ROLES.includes(role)) continue;
    const graph = await openGraph(pack.file(role));
    if (halveGraph(graph) > 0) planned.push({ role, graph, inputs: { ...inputs }, outputs: { ...outputs } });
  }
  return planned;
}
