import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
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

/** The folder of lowered packs: $KDTALKER_CACHE, else $XDG_CACHE_HOME/kdtalker, else ~/.cache/kdtalker. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const { KDTALKER_CACHE: own, XDG_CACHE_HOME: shared } = environment;
  if (own) return resolve(own);
  return shared ? join(resolve(shared), 'kdtalker') : join(homedir(), '.cache', 'kdtalker');
}

/** The name of a lowered pack in the cache: 64 hexadecimal digits that differ where anything it depends on differs. */
export function cacheKey(pack: Pack, { device, precision, cpu }: LoweredFor): string {
  const files = rolesOf(pack.manifest).map(([role, { sha256: hash, data, inputs, outputs }]) => {
    return [role, hash, data?.sha256 ?? null, inputs, outputs];
  });
  const parts = [files, version(), LOWERING_VERSION, device, precision, cpu];
  return sha256(JSON.stringify(parts));
}
