import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { longCall } from '../../abort.js';
import { invalidArgument, KdtalkerError, quote } from '../../errors.js';
import { aloneIn } from '../../files/alone.js';
import { sha256OfFile } from '../../files/hash.js';
import { isSystemError, orOutputError } from '../../files/output-error.js';
import { inScratchFolder, removeFolder } from '../../files/scratch-folder.js';
import { writeWholeFile } from '../../files/whole-file.js';
import { takeFingerprint } from '../fingerprint/take.js';
import { type WrittenModel, writeModel } from '../onnx/index.js';
import { arcfaceModel } from './arcface-onnx.js';
import { judgesFile, judgesText, type ListedJudge, type ListedJudges, readJudges } from './list.js';
import { JUDGE_NAMES, type JudgeName } from './names.js';
import { JUDGES, type JudgeNetwork } from './registry.js';
import { judgeSource } from './weights.js';

/** The progress of {@link addJudges}. */
export interface JudgesProgress {
  /** The judge whose file is read, written and run. */
  judge: JudgeName;
  /** Judges that are added, of those that were given. */
  done: number;
  total: number;
}

/** Options of {@link addJudges}. */
export interface AddJudgesOptions {
  /** The folder of judges; new, or one that has some. */
  out: string;
  /** The released files by the judges' names: `{ syncnet: 'syncnet_v2.model' }`. */
  files: Partial<Record<JudgeName, string>>;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: JudgesProgress) => void) | undefined;
}

/**
 * Adds judges to a folder: the networks of others that LSE, diversity, FID and CSIM need. Each released file becomes standard ONNX graphs
 * with licence, hash and fingerprint. A judge that the folder has of another file is replaced. The folder has each judge whole or not at all.
 *
 * @returns all judges of the folder
 * @throws KdtalkerError INVALID_ARGUMENT, FILE_NOT_FOUND, CHECKPOINT_INVALID with a list of what differs, PACK_INVALID (of the folder),
 *   OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED
 * @example
 * await addJudges({ out: 'judges', files: { syncnet: 'syncnet_v2.model', inception: 'pt_inception-2015-12-05-6726825d.pth' } })
 */
export async function addJudges(options: AddJudgesOptions): Promise<ListedJudges> {
  const files = checkOptions(options);
  const out = resolve(options.out);
  const work = async (signal: AbortSignal) => {
    await orOutputError(mkdir(out, { recursive: true }), out);
    return aloneIn(out, 'judges', () => addAll(out, files, { ...options, signal }));
  };
  return longCall('Adding judges', [options.signal], work, 'kept');
}

function checkOptions({ out, files }: AddJudgesOptions): [JudgeName, string][] {
  if (typeof out !== 'string' || out === '') throw invalidArgument('the path of a folder', 'out', out);
  return Object.entries(files).map(([name, file]) => {
    if (!JUDGE_NAMES.includes(name as JudgeName))
      throw invalidArgument(`one of ${JUDGE_NAMES.join(', ')}`, 'a judge', name);
    if (typeof file !== 'string' || file === '') throw invalidArgument('the path of a file', name, file);
    return [name as JudgeName, file];
  });
}

async function addAll(
  out: string,
  files: readonly [JudgeName, string][],
  { signal, onProgress }: AddJudgesOptions,
): Promise<ListedJudges> {
  let judges = await knownJudges(out);
  for (const [done, [judge, file]] of files.entries()) {
    onProgress?.({ judge, done, total: files.length });
    const added = await addOne(out, judge, file, { known: judges[judge], signal });
    judges = { ...judges, [judge]: added };
    await writeWholeFile(judgesFile(out), judgesText(judges), signal);
  }
  await removeUnlisted(out, judges);
  return judges;
}

/** The judges of a folder, which may be new. @throws KdtalkerError PACK_INVALID */
async function knownJudges(out: string): Promise<ListedJudges> {
  return readJudges(out).catch((error: unknown) => {
    if (error instanceof KdtalkerError && error.code === 'PACK_NOT_FOUND') return {};
    throw error;
  });
}

interface Adding {
  /** The judge as the folder has it. */
  known: ListedJudge | undefined;
  signal: AbortSignal | undefined;
}

async function addOne(
  out: string,
  judge: JudgeName,
  file: string,
  { known, signal }: Adding,
): Promise<ListedJudge> {
  const source = await sourceOf(file, judge, signal);
  if (known?.source.sha256 === source.sha256) return known;
  const folder = `${judge}-${source.sha256.slice(0, 12)}`;
  const target = join(out, folder);
  const writing = inScratchFolder(target, async (partial) => {
    const networks = await writeNetworks(judge, file, partial, signal);
    await removeFolder(target); // a killed process may have left it, without its line in the list
    await rename(partial, target);
    return networks;
  });
  const written = await orOutputError(writing, target);
  const { licence, nonCommercial } = JUDGES[judge];
  const networks = Object.fromEntries(
    Object.entries(written).map(([name, network]) => [name, placedIn(folder, network)]),
  );
  return { licence, nonCommercial, source, networks };
}

type WrittenNetwork = ListedJudge['networks'][string];

function placedIn(folder: string, network: WrittenNetwork): WrittenNetwork {
  const { data } = network;
  return {
    ...network,
    file: `${folder}/${network.file}`,
    ...(data && { data: { ...data, file: `${folder}/${data.file}` } }),
  };
}

async function sourceOf(
  file: string,
  judge: JudgeName,
  signal: AbortSignal | undefined,
): Promise<ListedJudge['source']> {
  try {
    const { size: bytes } = await stat(file);
    const sha256 = await sha256OfFile(file, { signal, what: 'Reading a judge' });
    return { file: basename(file), sha256, bytes };
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    const message = `Expected a readable file for ${judge} but received ${quote(file)}`;
    throw new KdtalkerError('FILE_NOT_FOUND', message, { cause });
  }
}

async function writeNetworks(
  judge: JudgeName,
  file: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Record<string, WrittenNetwork>> {
  if (judge === 'arcface' && file.endsWith('.onnx'))
    return { identity: await copyArcface(file, folder, signal) };
  const { networks, weights } = await judgeSource(judge, file, signal);
  const written: Record<string, WrittenNetwork> = {};
  for (const [name, network] of Object.entries(networks)) {
    const model = await writeModel(network.graph(weights), folder, `${name}.onnx`, signal ? { signal } : {});
    written[name] = await described(folder, model, network, signal);
  }
  return written;
}

/** InsightFace's file goes in as it is; only its names for input and output differ. */
async function copyArcface(
  file: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<WrittenNetwork> {
  const { model, input, output } = arcfaceModel(await readFile(file, { signal }), file);
  const name = 'identity.onnx';
  await writeFile(join(folder, name), model.bytes);
  const names = { inputs: { face: input }, outputs: { embedding: output } };
  const fingerprint = await takeFingerprint(join(folder, name), signal, [1]);
  return { file: name, bytes: model.bytes.byteLength, sha256: model.sha256, ...names, fingerprint };
}

async function described(
  folder: string,
  model: WrittenModel,
  { inputs, outputs, lengths }: JudgeNetwork,
  signal: AbortSignal | undefined,
): Promise<WrittenNetwork> {
  const same = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, name]));
  const fingerprint = await takeFingerprint(join(folder, model.file), signal, lengths);
  return { ...model, inputs: same(inputs), outputs: same(outputs), fingerprint };
}

/** Removes folders of judges that the list does not name any more. */
async function removeUnlisted(out: string, judges: ListedJudges): Promise<void> {
  const listed = new Set(
    Object.values(judges).flatMap(({ networks }) =>
      Object.values(networks).map(({ file }) => file.split('/')[0]),
    ),
  );
  const own = new RegExp(`^(?:${JUDGE_NAMES.join('|')})-[0-9a-f]{12}$`);
  for (const name of await orOutputError(readdir(out), out))
    if (own.test(name) && !listed.has(name)) await removeFolder(join(out, name));
}
