import { sha256 } from '../../files/hash.js';
import { version } from '../../version.js';
import { type Pack, rolesOf } from '../pack.js';
import type { CpuPrecision } from './precision.js';

/** Increases with every change of the passes' output or of the weight layout. */
export const LOWERING_VERSION = 6;

/** The inputs of lowering besides the pack. */
export interface LoweredFor {
  device: string;
  precision: CpuPrecision;
  /** The class of processors for the weight layout. */
  cpu: string;
}

/** The name of a lowered pack in the cache: 64 hexadecimal digits that differ when any input of lowering differs. */
export function cacheKey(pack: Pack, { device, precision, cpu }: LoweredFor): string {
  return keyOf(pack, [LOWERING_VERSION, device, precision, cpu]);
}

/** The name of an entry that is made of a pack's networks, this version of the library, and `others`. */
export function keyOf(pack: Pack, others: readonly (string | number)[]): string {
  const files = rolesOf(pack.manifest).map(([role, { sha256: hash, data, inputs, outputs }]) => {
    return [role, hash, data?.sha256 ?? null, inputs, outputs];
  });
  return sha256(JSON.stringify([files, version(), ...others]));
}
