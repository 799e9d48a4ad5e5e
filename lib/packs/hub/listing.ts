import { aborted, KdtalkerError } from '../../errors.js';
import type { Hub } from './endpoint.js';
import { refused, unreachable, type Wanted, wrongBytes } from './failure.js';

/** A file in a repository of the hub. */
export interface HubPath {
  /** `owner/name`. */
  repository: string;
  /** Path in the repository. */
  path: string;
}

/** The hub's information about a file. */
export interface HubFile extends HubPath {
  bytes: number;
  /** Hash of the content: the hub identifies a large file by its SHA-256. */
  sha256: string;
}

/** Repositories of released weights have only this branch. The hash check finds a file that changes during the download. */
export const REVISION = 'main';

/**
 * Asks the hub for size and hash of files, one request per repository.
 *
 * @returns in the order of `paths`
 * @throws KdtalkerError DOWNLOAD_FAILED, DOWNLOAD_DENIED, DOWNLOAD_DAMAGED for a hub that names no hash, ABORTED
 */
export async function listFiles(
  hub: Hub,
  paths: readonly HubPath[],
  signal?: AbortSignal,
): Promise<HubFile[]> {
  const found = new Map<string, HubFile>();
  for (const repository of new Set(paths.map((path) => path.repository))) {
    const wanted = paths.filter((path) => path.repository === repository).map(({ path }) => path);
    for (const file of await ask(hub, repository, wanted, signal)) found.set(keyOf(file), file);
  }
  return paths.map((path) => {
    const file = found.get(keyOf(path));
    if (file) return file;
    throw refused(404, wantedOf(hub, `${path.path} of ${path.repository}`));
  });
}

async function ask(
  hub: Hub,
  repository: string,
  paths: string[],
  signal: AbortSignal | undefined,
): Promise<HubFile[]> {
  // A dynamic import: only this command needs the module, and it takes longer to load than the rest of the library.
  const { pathsInfo } = await import('@huggingface/hub');
  const infos = await pathsInfo({
    repo: repository,
    paths,
    revision: REVISION,
    hubUrl: hub.url,
    fetch: (url, init) => fetch(url, { ...init, ...(signal && { signal }) }),
    ...(hub.token && { accessToken: hub.token }),
  }).catch((error: unknown) => {
    throw failure(error, wantedOf(hub, `the files of ${repository}`), signal);
  });
  return infos.filter(({ type }) => type === 'file').map((info) => checked(repository, info));
}

function checked(
  repository: string,
  info: { path: string; size: number; lfs?: { oid: string; size: number } },
): HubFile {
  const bytes = info.lfs?.size ?? info.size;
  const sha256 = info.lfs?.oid ?? '';
  const isFine = Number.isSafeInteger(bytes) && bytes > 0 && /^[0-9a-f]{64}$/.test(sha256);
  if (isFine) return { repository, path: info.path, bytes, sha256 };
  throw wrongBytes(`${info.path} of ${repository}`, 'a size and a SHA-256 from the hub', 'none');
}

function failure(error: unknown, wanted: Wanted, signal: AbortSignal | undefined): KdtalkerError {
  if (signal?.aborted) return aborted(signal, 'Downloading');
  const { statusCode } = error as { statusCode?: number };
  if (statusCode !== undefined) return refused(statusCode, wanted, error);
  return error instanceof KdtalkerError ? error : unreachable(wanted, error);
}

/** For messages about a hub. */
export function wantedOf(hub: Hub, what: string): Wanted {
  return { what, hub: hub.url, withToken: hub.token !== undefined };
}

function keyOf({ repository, path }: HubPath): string {
  return `${repository}/${path}`;
}
