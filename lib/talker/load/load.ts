import { orAborted } from '../../abort.js';
import { native, type TalkerHandle } from '../../binding.js';
import { KdtalkerError } from '../../errors.js';
import { idleRoles } from '../../packs/lowering/idle-roles.js';
import type { Precision } from '../../packs/lowering/precision.js';
import { conditionIsRowWise } from '../../packs/lowering/row-wise.js';
import { nativeTalkerOptions, type PackForms, type Provided } from '../../packs/native-options.js';
import { type Pack, readPack } from '../../packs/pack.js';
import { checkPack } from '../../packs/verify.js';
import { LengthPlans } from '../host/length-plans.js';
import { isGpu, isProvided, providedFor } from './engine.js';
import { gpuForAuto } from './gpus.js';
import { checkGpu, exactPlansOf, lowerFor, ofPlans, precisionFor, provideFor } from './lowering.js';
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
  /** Why device `'auto'` took the processor; undefined if it did not, or another device was asked for. */
  deviceNote?: string;
}

export const LOADING = 'Loading the pack';

/** Checks a pack, makes or finds the form of it that the device runs, and opens that. @throws KdtalkerError what `Talker.load()` says */
export async function loadPack(name: string, plan: PlannedTalker): Promise<LoadedPack> {
  const { device, signal } = plan;
  if (device !== 'auto') precisionOf(plan);
  const pack = await readPack(name);
  await checkGpu(device, signal);
  const checked = checkPack(pack, signal ? { signal } : {});
  checked.catch(() => {}); // awaited below, unless something else fails first
  return device === 'auto' ? loadOnBest(pack, checked, plan) : loadOn(pack, checked, plan);
}

type Checked = ReturnType<typeof checkPack>;

/** What keeps a pack from a GPU, and not from the processor. */
const OF_GPUS: readonly string[] = [
  'OPERATOR_UNSUPPORTED',
  'DEVICE_UNAVAILABLE',
  'DEVICE_MEMORY',
  'DEVICE_LOST',
];

/** On a GPU if one can be used and runs the pack; else on the processor, with the reason. */
async function loadOnBest(pack: Pack, checked: Checked, plan: PlannedTalker): Promise<LoadedPack> {
  const gpu = await gpuFor(plan);
  const onCpu = async (deviceNote: string) => ({
    ...(await loadOn(pack, checked, { ...plan, device: 'cpu' })),
    deviceNote,
  });
  if ('why' in gpu) return onCpu(gpu.why);
  try {
    await checkGpu(gpu.device, plan.signal);
    return await loadOn(pack, checked, { ...plan, device: gpu.device });
  } catch (error) {
    if (error instanceof KdtalkerError && OF_GPUS.includes(error.code)) return onCpu(error.message);
    throw error;
  }
}

/** Nobody is asked where an option rules GPUs out. */
function gpuFor({ lowering, precision, signal }: PlannedTalker) {
  if (!lowering) return { why: 'A GPU needs lowered networks' };
  if (precision === 'bf16') return { why: "Precision 'bf16' is for processors" };
  return gpuForAuto(signal);
}

/** The precision on a device. @throws KdtalkerError DEVICE_UNAVAILABLE if the device has not that of the option */
function precisionOf({ lowering, precision, device }: PlannedTalker): Precision {
  return lowering ? precisionFor(precision, device) : 'fp32';
}

async function loadOn(pack: Pack, checked: Checked, plan: PlannedTalker): Promise<LoadedPack> {
  const { device, deviceMemory, graphs, threads, signal } = plan;
  const precision = precisionOf(plan);
  const provided = isProvided(plan) ? providedFor(pack, device) : undefined;
  const explain = async (error: unknown) => {
    await checked; // its error says more about a damaged pack
    throw error;
  };
  const idle = isGpu(device) ? await idleRoles(pack).catch(explain) : [];
  const forms = await formsFor(pack, checked, plan, { precision, provided });
  if (!forms.lowered) await checked; // the engine opens these files
  const conditionRows = await conditionIsRowWise(pack).catch(explain);
  const more = { provided, conditionRows, idle, ...forms };
  const opening = native().openTalker(
    nativeTalkerOptions(pack, { device, deviceMemory, graphs, threads, ...more }),
  );
  const handle = await orAborted(opening, { signal, what: LOADING }, closeTalker);
  try {
    await checked; // hashed while the engine opened the lowered files
  } catch (error) {
    await closeTalker(handle);
    throw error;
  }
  for (const [tenant, weight] of Object.entries(plan.tenants)) native().weighTenant(handle, tenant, weight);
  const plans =
    forms.lowered && isGpu(device) && !provided
      ? new LengthPlans(pack, handle, ofPlans(precision))
      : undefined;
  return { pack, handle, threads, precision, plans };
}

/** The networks in the form that the device runs, none for the pack's own files. */
async function formsFor(
  pack: Pack,
  checked: Checked,
  plan: PlannedTalker,
  { precision, provided }: { precision: Precision; provided: Provided | undefined },
): Promise<PackForms> {
  const { device, signal, onProgress, lowering } = plan;
  const options = { signal, onProgress, checked };
  if (provided) return provideFor(pack, provided, { precision, lowering }, options);
  const lowered = lowering ? await lowerFor(pack, device, precision, options) : undefined;
  return { lowered, exact: await exactPlansOf(pack, device, precision, options) };
}

const closeTalker = (handle: TalkerHandle): Promise<void> => native().closeTalker(handle);
