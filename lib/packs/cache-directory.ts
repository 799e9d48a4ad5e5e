import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { KdtalkerError } from '../errors.js';

/**
 * The one folder that the library keeps anything in between runs: `$KDTALKER_CACHE`, else `$XDG_CACHE_HOME/kdtalker`, else
 * `~/.cache/kdtalker`. An empty or relative name of the latter two counts as not set, as the XDG specification has it: nothing is left
 * in whatever folder a program happens to run in.
 *
 * @returns undefined for a user without a home folder. The folder for temporary files is no way out: whoever writes there first would
 *   choose the weights of all others.
 */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { KDTALKER_CACHE: own, XDG_CACHE_HOME: shared = '', HOME: home } = environment;
  if (own) return resolve(own);
  if (isAbsolute(shared)) return join(shared, 'kdtalker');
  const folder = home === undefined ? homeOfUser() : home;
  return isAbsolute(folder) ? join(folder, '.cache', 'kdtalker') : undefined;
}

/** {@link cacheDirectory} for what cannot do without. Throws OUTPUT_UNWRITABLE. */
export function neededCacheDirectory(environment?: NodeJS.ProcessEnv): string {
  const found = cacheDirectory(environment);
  if (found !== undefined) return found;
  throw new KdtalkerError(
    'OUTPUT_UNWRITABLE',
    'Expected a folder for lowered packs but this user has no home folder. Name one in KDTALKER_CACHE, or load with lowering: false',
  );
}

/** Without HOME the system is asked, which knows nothing of a user without an entry in its list (containers). */
function homeOfUser(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}
