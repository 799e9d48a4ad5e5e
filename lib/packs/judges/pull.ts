import { join, resolve } from 'node:path';
import { longCall } from '../../abort.js';
import { invalidArgument, KdtalkerError } from '../../errors.js';
import { type HubOptions, hubOf } from '../hub/endpoint.js';
import { type HubFile, listFiles } from '../hub/listing.js';
import { askForLicences, downloadAll, removeDownloads } from '../hub/pull.js';
import { addJudges } from './add.js';
import type { ListedJudges } from './list.js';
import { JUDGE_NAMES, type JudgeName } from './names.js';
import { JUDGES } from './registry.js';

/** A judge's file to download, with its permitted use. */
export interface JudgeFile extends HubFile {
  judge: JudgeName;
  licence: string;
  nonCommercial: boolean;
}

/** Progress of {@link pullJudges}. */
export interface PullJudgesProgress {
  stage: 'download' | 'add';
  /** The file being downloaded, or the judge being added. */
  name: string;
  /** Bytes, or judges, so far and in total. */
  done: number;
  total: number;
}

/** Options of {@link pullJudges}. */
export interface PullJudgesOptions extends HubOptions {
  /** The folder of judges; new, or one that has some. */
  out: string;
  /** Those to download; each has a place on the model hub. */
  judges: readonly JudgeName[];
  /** Folder that keeps the downloaded files. Default: `<out>.download`, which is removed when all judges are added. */
  downloads?: string | undefined;
  /** Whether the licences are accepted, or a function that is called once before the download to ask. */
  acceptLicences: boolean | ((files: readonly JudgeFile[]) => boolean | Promise<boolean>);
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: PullJudgesProgress) => void) | undefined;
}

/** The judges that can be downloaded. */
const PULLED_JUDGES = JUDGE_NAMES.filter((name) => JUDGES[name].hub !== undefined);

/**
 * Downloads released files of judges from the public model hub and adds them. Sizes and hashes are checked against the hub's; an earlier
 * download goes on.
 *
 * @returns all judges of the folder
 * @throws KdtalkerError INVALID_ARGUMENT, LICENCE_REFUSED, DOWNLOAD_FAILED, DOWNLOAD_DENIED, DOWNLOAD_DAMAGED, ABORTED, and as addJudges()
 */
export async function pullJudges(options: PullJudgesOptions): Promise<ListedJudges> {
  checkOptions(options);
  return longCall('Pulling judges', [options.signal], (signal) => pull({ ...options, signal }), 'kept');
}

async function pull(options: PullJudgesOptions): Promise<ListedJudges> {
  const { out, judges, signal, onProgress } = options;
  const hub = hubOf(options);
  const downloads = options.downloads ?? `${resolve(out)}.download`;
  const places = judges.map((judge) => JUDGES[judge].hub!);
  const found = await listFiles(hub, places, signal);
  const files = judges.map((judge, i): JudgeFile => {
    const { licence, nonCommercial } = JUDGES[judge];
    return { ...found[i]!, judge, licence, nonCommercial };
  });
  await askForLicences(files, options);
  await downloadAll(hub, files, downloads, {
    signal,
    onBytes: (name, done, total) => onProgress?.({ stage: 'download', name, done, total }),
  });
  const listed = await addJudges({
    ...{ out, signal },
    files: Object.fromEntries(files.map(({ judge, path }) => [judge, join(downloads, path)])),
    onProgress: ({ judge, done, total }) => onProgress?.({ stage: 'add', name: judge, done, total }),
  });
  if (options.downloads === undefined) await removeDownloads(downloads, files);
  return listed;
}

function checkOptions({ out, judges, acceptLicences }: PullJudgesOptions): void {
  if (typeof out !== 'string' || out === '') throw invalidArgument('the path of a folder', 'out', out);
  for (const judge of judges) if (!PULLED_JUDGES.includes(judge)) throw byHand(judge);
  if (typeof acceptLicences !== 'boolean' && typeof acceptLicences !== 'function')
    throw invalidArgument('true, false or a function', 'acceptLicences', acceptLicences);
}

/** @param judge may be any word */
function byHand(judge: JudgeName): KdtalkerError {
  const kind = JUDGE_NAMES.includes(judge) ? JUDGES[judge] : undefined;
  const where = kind ? `. ${kind.file} is from ${kind.from}: add it with --${judge} FILE` : '';
  const message = `Expected judges that the model hub has, of ${PULLED_JUDGES.join(', ')}, but received '${judge}'${where}`;
  return new KdtalkerError('INVALID_ARGUMENT', message);
}
