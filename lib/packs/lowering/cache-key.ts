import { sha256 } from '../../files/hash.js';
import { version } from '../../version.js';
import { type Pack, rolesOf } from '../pack.js';
import type { Precision } from './precision.js';

/** Counts up with every change of what passes write or of how weights are laid out. */
export const LOWERING_VERSION = 5;

/** What a lowered pack depends on besides the pack. */
export interface LoweredFor {
  device: string;
  precision: Precision;
  /** The class of processors that weights are laid out for. */
  cpu: string;
}

/** The name of a lowered pack in the cache: 64 hexadecimal digits that differ where anything it depends on differs. */
export function cacheKey(pack: Pack, { device, precision, cpu }: LoweredFor): string {
  const files = rolesOf(pack.manifest).map(([role, { sha256: hash, data, inputs, outputs }]) => {
    return [role, hash, data?.sha256 ?? null, inputs, outputs];
  });
  const parts = [files, version(), LOWERING_VERSION, device, precision, cpu];
  return sha256(JSON.stringify(parts));
}
