import { orAborted } from '../abort.js';
import { native } from '../binding.js';
import { KdtalkerError } from '../errors.js';
import { type CacheOptions, loweredPack } from '../packs/lowering/cache.js';
import type { LoweredPack } from '../packs/lowering/cache-entry.js';
import type { Precision } from '../packs/lowering/precision.js';
import { nativeTalkerOptions } from '../packs/native-options.js';
import type { Pack } from '../packs/pack.js';

/** The values of the option: `'auto'` is bf16 if the processor has it, otherwise fp32. */
export type PrecisionChoice = Precision | 'auto';

/** Devices whose networks run on the processor. */
const ON_CPU: readonly string[] = ['auto', 'cpu', 'guarded'];

/**
 * The precision that an option selects on this machine.
 *
 * @throws KdtalkerError DEVICE_UNAVAILABLE for bf16 on a processor without it
 */
export function precisionFor(choice: PrecisionChoice): Precision {
  if (choice === 'fp32') return choice;
  const { isa, bf16 } = native().cpuFeatures();
  if (choice === 'auto') return bf16 ? 'bf16' : 'fp32';
  if (bf16) return choice;
  throw new KdtalkerError(
    'DEVICE_UNAVAILABLE',
    `Expected a processor with AVX512-BF16 for precision 'bf16' but this one has ${isa}. Use 'fp32', or 'auto', which uses bf16 only if the processor has it`,
  );
}

/** How a pack is lowered. */
export interface LowerOptions extends Omit<CacheOptions, 'check'> {
  /** The check of the pack's files, which may still be running; it is awaited before the files are used. */
  checked?: Promise<unknown> | undefined;
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
  precision: Precision,
  { checked, ...options }: LowerOptions,
): Promise<LoweredPack | undefined> {
  if (!ON_CPU.includes(device)) return undefined;
  const { cpuFeatures, layOutWeights, checkModel } = native();
  const target = { device: 'cpu', precision, cpu: cpuFeatures().isa, layOutWeights };
  const check = async () => {
    await checked;
    const { signal } = options;
    await orAborted(checkModel(nativeTalkerOptions(pack)), { signal, what: 'Checking the pack' });
  };
  return loweredPack(pack, target, { ...options, check });
}
