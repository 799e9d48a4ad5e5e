import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { KdtalkerError } from '../errors.js';

/**
 * The only folder where the library keeps files between runs: `$KDTALKER_CACHE`, else `$XDG_CACHE_HOME/kdtalker`, else
 * `~/.cache/kdtalker`. An empty or relative path for the latter two counts as unset, as the XDG specification requires, so the
 * library leaves nothing in the current folder.
 *
 * @returns undefined for a user without a home folder. The folder for temporary files is not safe: the first user to write there
 *   would choose the weights of all other users.
 */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { KDTALKER_CACHE: own, XDG_CACHE_HOME: shared = '', HOME: home } = environment;
  if (own) return resolve(own);
  if (isAbsolute(shared)) return join(shared, 'kdtalker');
  const folder = home === undefined ? homeOfUser() : home;
  return isAbsolute(folder) ? join(folder, '.cache', 'kdtalker') : undefined;
}

/** {@link cacheDirectory} for callers that need the folder. Throws OUTPUT_UNWRITABLE. */
export function neededCacheDirectory(environment?: NodeJS.ProcessEnv): string {
  const found = cacheDirectory(environment);
  if (found !== undefined) return found;
  throw new KdtalkerError(
    'OUTPUT_UNWRITABLE',
    'Expected a folder for lowered packs but this user has no home folder. Set KDTALKER_CACHE to a folder, or load with lowering: false',
  );
}

/** Without HOME this asks the system, which fails for a user without a password entry (containers). */
function homeOfUser(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}
