import { orAborted } from '../abort.js';
import { native, type TalkerHandle } from '../binding.js';
import type { Precision } from '../packs/lowering/precision.js';
import { nativeTalkerOptions } from '../packs/native-options.js';
import { type Pack, readPack } from '../packs/pack.js';
import { checkPack } from '../packs/verify.js';
import { LengthPlans } from './length-plans.js';
import { isGpu, lowerFor, ofPlans, precisionFor } from './lowering.js';
import type { PlannedTalker } from './talker-options.js';

/** A pack that the engine has opened on a device. */
export interface LoadedPack {
  pack: Pack;
  handle: TalkerHandle;
  /** To use in all. */
  threads: number;
  precision: Precision;
  /** On a GPU. */
  plans: LengthPlans | undefined;
}

export const LOADING = 'Loading the pack';

/** Checks a pack, makes or finds the form of it that the device runs, and opens that. @throws KdtalkerError what `Talker.load()` says */
export async function loadPack(name: string, plan: PlannedTalker): Promise<LoadedPack> {
  const { device, deviceMemory, graphs, threads, signal, onProgress, lowering, precision: choice } = plan;
  const precision = lowering ? precisionFor(choice, device) : 'fp32';
  const pack = await readPack(name);
  const checked = checkPack(pack, signal ? { signal } : {});
  checked.catch(() => {}); // awaited below, unless something else fails first
  const lowered = lowering
    ? await lowerFor(pack, device, precision, { signal, onProgress, checked })
    : undefined;
  if (!lowered) await checked; // the engine opens these files
  const opening = native().openTalker(
    nativeTalkerOptions(pack, { device, deviceMemory, graphs, threads, lowered }),
  );
  const handle = await orAborted(opening, { signal, what: LOADING }, closeTalker);
  try {
    await checked; // hashed while the engine opened the lowered files
  } catch (error) {
    await closeTalker(handle);
    throw error;
  }
  const plans = lowered && isGpu(device) ? new LengthPlans(pack, handle, ofPlans(precision)) : undefined;
  return { pack, handle, threads, precision, plans };
}

const closeTalker = (handle: TalkerHandle): Promise<void> => native().closeTalker(handle);
