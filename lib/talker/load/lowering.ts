import { orAborted } from '../../abort.js';
import { native } from '../../binding.js';
import { KdtalkerError } from '../../errors.js';
import { type CacheOptions, loweredPack } from '../../packs/lowering/cache.js';
import type { LoweredPack } from '../../packs/lowering/cache-entry.js';
import { exactFramePlans, type PackPlanFor, plannedPack } from '../../packs/lowering/plan/plan-pack.js';
import type { CpuPrecision, Precision } from '../../packs/lowering/precision.js';
import { providedPack } from '../../packs/lowering/provided-pack.js';
import { nativeTalkerOptions, type PackForms, type Provided } from '../../packs/native-options.js';
import type { Pack } from '../../packs/pack.js';
import { isGpu } from './engine.js';

/**
 * Opens a GPU for a moment; nothing of other devices. What takes long, hashing and planning a pack, comes after it, so that a GPU that
 * cannot be used is refused at once.
 *
 * @throws KdtalkerError DEVICE_UNAVAILABLE, DEVICE_MEMORY, DEVICE_LOST, ABORTED
 */
export async function checkGpu(device: string, signal: AbortSignal | undefined): Promise<void> {
  if (!isGpu(device)) return;
  await orAborted(native().checkDevice(device), { signal, what: 'Opening the device' });
}

/** The values of the option: `'auto'` is fp16 on a GPU, bf16 on a processor that has it, otherwise fp32. */
export type PrecisionChoice = Precision | 'auto';

/** Devices whose networks run on the processor. */
const ON_CPU: readonly string[] = ['auto', 'cpu', 'guarded'];

/**
 * The precision that an option selects on this machine.
 *
 * @throws KdtalkerError DEVICE_UNAVAILABLE for bf16 or fp16 on a device without it
 */
export function precisionFor(choice: PrecisionChoice, device = 'cpu'): Precision {
  if (choice === 'fp32') return choice;
  if (isGpu(device)) return precisionOnGpu(choice, device);
  const { isa, bf16 } = native().cpuFeatures();
  if (choice === 'auto') return bf16 ? 'bf16' : 'fp32';
  if (choice === 'fp16') throw unavailable("'fp32', 'bf16' or 'auto'", device, choice, 'GPUs have fp16');
  if (bf16) return choice;
  throw new KdtalkerError(
    'DEVICE_UNAVAILABLE',
    `Expected a processor with AVX512-BF16 for precision 'bf16' but this one has ${isa}. Use 'fp32', or 'auto', which uses bf16 only if the processor has it`,
  );
}

function precisionOnGpu(choice: PrecisionChoice, device: string): Precision {
  if (choice === 'auto' || choice === 'fp16') return 'fp16';
  throw unavailable("'fp32', 'fp16' or 'auto'", device, choice, 'processors have bf16');
}

function unavailable(expected: string, device: string, choice: string, why: string): KdtalkerError {
  return new KdtalkerError(
    'DEVICE_UNAVAILABLE',
    `Expected ${expected} for precision on device '${device}' but received '${choice}': ${why}`,
  );
}

/** How a pack is lowered. */
export interface LowerOptions extends Omit<CacheOptions, 'check'> {
  /** The check of the pack's files, which may still be running; it is awaited before the files are used. */
  checked?: Promise<unknown> | undefined;
}

/**
 * The form of a pack's networks for a device, made on first use; undefined if the device runs the pack's own files.
 *
 * @throws KdtalkerError as {@link lowerForCpu}; on a GPU also OPERATOR_UNSUPPORTED for a node that no kernel computes
 */
export function lowerFor(
  pack: Pack,
  device: string,
  precision: Precision,
  options: LowerOptions,
): Promise<LoweredPack | undefined> {
  const { window, steps } = pack.manifest.sampler;
  if (isGpu(device)) return plansOf(pack, { window, steps, precision: ofPlans(precision) }, options);
  return lowerForCpu(pack, device, precision as CpuPrecision, options);
}

/**
 * The forms of a pack's networks that ONNX Runtime runs on a GPU; none for the pack's own files.
 *
 * @throws KdtalkerError PACK_INVALID, PACK_DAMAGED, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED
 */
export async function provideFor(
  pack: Pack,
  { provider }: Pick<Provided, 'provider'>,
  { precision, lowering }: { precision: Precision; lowering: boolean },
  { checked, ...options }: LowerOptions,
): Promise<PackForms> {
  if (!lowering) return {};
  const form = (arithmetic: 'fp32' | 'fp16') =>
    providedPack(
      pack,
      { provider, precision: arithmetic },
      { ...options, check: () => checkNetworks(pack, checked, options.signal) },
    );
  if (precision !== 'fp16') return { lowered: await form('fp32') };
  return { lowered: await form('fp16'), exact: await form('fp32'), halved: true };
}

/** The arithmetic of plans that a precision of GPUs means. */
export function ofPlans(precision: Precision): PackPlanFor['precision'] {
  return precision === 'fp16' ? 'fp16' : 'fp32';
}

/**
 * The plans of a pack for these lengths, made on first use, after its networks were checked.
 *
 * @throws KdtalkerError PACK_INVALID, PACK_DAMAGED, OPERATOR_UNSUPPORTED, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED
 */
export function plansOf(
  pack: Pack,
  target: PackPlanFor,
  { checked, ...options }: LowerOptions,
): Promise<LoweredPack> {
  return plannedPack(pack, target, {
    ...options,
    check: () => checkNetworks(pack, checked, options.signal),
  });
}

/**
 * The networks that take the place of plans in half precision where those cannot hold a frame; undefined without such plans.
 *
 * @throws KdtalkerError as {@link plansOf}
 */
export async function exactPlansOf(
  pack: Pack,
  device: string,
  precision: Precision,
  { checked, ...options }: LowerOptions,
): Promise<LoweredPack | undefined> {
  if (!isGpu(device) || precision !== 'fp16') return undefined;
  return exactFramePlans(pack, { ...options, check: () => checkNetworks(pack, checked, options.signal) });
}

/**
 * The check of a pack that lowering and planning trust: its networks match pack.json.
 *
 * @throws KdtalkerError PACK_INVALID, PACK_DAMAGED, ABORTED, and what the check of its files throws
 */
export async function checkNetworks(
  pack: Pack,
  checked: Promise<unknown> | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  await checked;
  const check = native().checkModel(nativeTalkerOptions(pack));
  await orAborted(check, { signal, what: 'Checking the pack' });
}

/**
 * The lowered form of a pack for this processor, made on first use; undefined if the device is another one, or if nothing in the pack can
 * be lowered.
 *
 * @throws KdtalkerError PACK_INVALID and PACK_DAMAGED if the pack's networks do not match pack.json, OUTPUT_UNWRITABLE,
 *   OUTPUT_DISK_FULL, ABORTED
 */
export async function lowerForCpu(
  pack: Pack,
  device: string,
  precision: CpuPrecision,
  { checked, ...options }: LowerOptions,
): Promise<LoweredPack | undefined> {
  if (!ON_CPU.includes(device)) return undefined;
  const { cpuFeatures, layOutWeights } = native();
  const target = { device: 'cpu', precision, cpu: cpuFeatures().isa, layOutWeights };
  return loweredPack(pack, target, { ...options, check: () => checkNetworks(pack, checked, options.signal) });
}
