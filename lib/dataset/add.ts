import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { longCall } from '../abort.js';
import { KdtalkerError, throwIfAborted } from '../errors.js';
import { aloneIn } from '../files/alone.js';
import { sha256 } from '../files/hash.js';
import { orOutputError } from '../files/output-error.js';
import { hashOfRole, type Pack, readPack } from '../packs/pack.js';
import type { OnFrame, SkipReason } from './clip-reader.js';
import { type Dataset, type DatasetClip, findDataset, invalid, writeDataset } from './dataset.js';
import { type ReadClip, RowFiles } from './row-files.js';
import { writeShards } from './shards.js';
import { statisticsOf } from './statistics.js';
import { decidedBy, type SyncOptions } from './sync-filter.js';
import { findVideos, hashVideo, splitOf, type Video } from './videos.js';

/** Options of {@link addVideos}. */
export interface AddOptions {
  /** The pack whose motion network and audio encoder make the clips; all clips of a dataset have the same. */
  pack: string;
  /** A folder of videos, or a text file with a path on each line, which counts from the file's folder. */
  videos: string;
  /** The dataset's folder. */
  out: string;
  /** `'kdtalker'`: one square of the whole clip around the face; `'none'`: the videos are cut already. */
  crop: 'none' | 'kdtalker';
  /** The fewest frames of a clip. */
  least: number;
  /** A regular expression for the speakers of the validation; default: a share of them, by a hash. */
  validation?: string | undefined;
  share: number;
  /** Leaves out videos that are not in step. Default none. */
  sync?: SyncOptions | undefined;
  /** Where the networks run. Default `'cpu'`. Numbers of other devices differ by rounding. */
  device?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Called when a video begins, and for its frames. */
  onVideo?: ((index: number, total: number) => void) | undefined;
  onFrame?: OnFrame | undefined;
}

/** What a call has done. */
export interface AddResult {
  dataset: Dataset;
  /** Clips that were not in the dataset before. */
  added: number;
  /** Videos that were left out now, by reason. */
  skipped: Partial<Record<SkipReason, number>>;
  /** Videos that the dataset had already, as clips or as skipped ones. */
  known: number;
}

/** A clip whose rows lie in a file of their own until the shards are written. */
type Pending = Omit<DatasetClip, 'shard' | 'start'>;

const ADDING = 'Making the dataset';
const PENDING = 'pending-';

/** The folder of single clips: clips of other networks or options lie in another one. */
const pendingFolder = (out: string, { pack, options }: Dataset) =>
  join(out, PENDING + sha256(pack.motion, pack.audio, JSON.stringify(sorted(options))).slice(0, 16));

/**
 * Adds videos to a dataset, or begins one. Every clip is kept as soon as it is read, so that a stopped call can continue after it; the same
 * videos give the same bytes, whether it was stopped or not, and are not added again. While one call adds to a dataset, another one fails.
 *
 * @throws KdtalkerError FILE_NOT_FOUND, PACK_NOT_FOUND, DATASET_INVALID for a dataset of another pack or other options, INVALID_ARGUMENT,
 *   OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED, and of the machine
 */
export async function addVideos(options: AddOptions): Promise<AddResult> {
  const work = (signal: AbortSignal) => add({ ...options, signal });
  return longCall(ADDING, [options.signal], work, 'kept');
}

async function add(options: AddOptions): Promise<AddResult> {
  await begin(options); // wrong options are told before anything is written
  const videos = await findVideos(options.videos);
  await orOutputError(mkdir(options.out, { recursive: true }), options.out);
  return aloneIn(options.out, 'adding', () => addTo(options, videos));
}

async function addTo(options: AddOptions, videos: readonly Video[]): Promise<AddResult> {
  const { out, signal } = options;
  const begun = await begin(options);
  const folder = pendingFolder(out, begun);
  await orOutputError(mkdir(folder, { recursive: true }), out);
  const before = [...begun.clips, ...begun.skipped];
  const seen = new Set(before.map(({ sha256: hash }) => hash));
  const names = new Map(before.map(({ name, sha256: hash }) => [name, hash]));
  const made: Pending[] = [];
  const skipped: Dataset['skipped'] = [];
  let known = 0;
  const { pack, sync, device = 'cpu', onFrame = () => {} } = options;
  const files = new RowFiles(folder, { pack, options: begun.options, sync, device, signal, onFrame });
  try {
    for (const [index, video] of videos.entries()) {
      throwIfAborted(signal, ADDING);
      options.onVideo?.(index, videos.length);
      const hash = await hashVideo(video.path, signal);
      checkName(video, hash, names);
      if (seen.has(hash)) {
        known++;
        continue;
      }
      seen.add(hash);
      const read = await files.add(video, hash);
      if (typeof read === 'string') skipped.push({ name: video.name, sha256: hash, reason: read });
      else made.push(pendingOf(video, hash, read, begun.options));
    }
  } finally {
    await files.close();
  }
  const { kept, surplus } = bestOf(made, begun);
  const left = [...skipped, ...surplus];
  const dataset = await orOutputError(finish(out, files, begun, kept, left), out);
  return { dataset, added: kept.length, skipped: countOf(left), known };
}

/** The dataset before: what the folder has, else an empty one. */
async function begin({ pack: name, out, ...given }: AddOptions): Promise<Dataset> {
  const { crop, least, validation, share, sync, signal } = given;
  const pack = await readPack(name);
  const options = {
    ...{ crop, least, share, ...(validation !== undefined && { validation }) },
    ...(sync && { sync: await decidedBy(sync, signal) }),
  };
  checkPattern(validation);
  const found = await findDataset(out);
  if (!found) return empty(pack, options);
  const { motion, audio } = packOf(pack);
  if (found.pack.motion !== motion || found.pack.audio !== audio)
    throw invalid(
      `Expected the networks of ${found.pack.name} for the dataset ${out} but received those of ${name}. Choose another folder`,
    );
  if (JSON.stringify(sorted(found.options)) !== JSON.stringify(sorted(options)))
    throw invalid(
      `Expected the options ${JSON.stringify(found.options)} with which the dataset ${out} began but received ${JSON.stringify(options)}. Choose another folder`,
    );
  return found;
}

const sorted = (record: object) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

function checkPattern(pattern: string | undefined): void {
  try {
    new RegExp(pattern ?? '');
  } catch (cause) {
    throw new KdtalkerError('INVALID_ARGUMENT', `Expected a regular expression but received '${pattern}'`, {
      cause,
    });
  }
}

function packOf(pack: Pack): Dataset['pack'] {
  const { name, version, roles } = pack.manifest;
  const [motion, audio] = [hashOfRole(roles.motion), hashOfRole(roles.audio)];
  return { name, version, directory: pack.directory, motion, audio };
}

function empty(pack: Pack, options: Dataset['options']): Dataset {
  const none = { mean: [], std: [] };
  const statistics = { scale: none, yaw: none, pitch: none, roll: none, t: none, exp: none, kp: none };
  const parts = { shards: [], clips: [], skipped: [], statistics };
  return { format: 1, identity: sha256(''), pack: packOf(pack), options, ...parts };
}

/** Another video of the same name would make the list of clips ambiguous. */
function checkName({ name }: Video, hash: string, names: ReadonlyMap<string, string>): void {
  if ((names.get(name) ?? hash) === hash) return;
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected the video of before for ${name} but received another one of that name. Rename it, or choose another dataset`,
  );
}

function pendingOf(
  video: Video,
  hash: string,
  { frames, sync }: ReadClip,
  { validation, share }: Dataset['options'],
): Pending {
  const { name, speaker } = video;
  return { name, sha256: hash, speaker, split: splitOf(speaker, validation, share), frames, ...sync };
}

/** Where the dataset may not grow without end, the most confident new clips; the others are left out. */
function bestOf(made: readonly Pending[], begun: Dataset): { kept: Pending[]; surplus: Dataset['skipped'] } {
  const places = Math.max(0, (begun.options.sync?.keep ?? Number.POSITIVE_INFINITY) - begun.clips.length);
  const ranked = [...made].sort((a, b) => b.lseC! - a.lseC!);
  const left = new Set(ranked.slice(places));
  const surplus = [...left].map(({ name, sha256: hash }) => ({
    name,
    sha256: hash,
    reason: 'surplus' as const,
  }));
  return { kept: made.filter((clip) => !left.has(clip)), surplus };
}

/** Writes the new clips' shards, then dataset.json, and only then removes the single files. */
async function finish(
  out: string,
  files: RowFiles,
  begun: Dataset,
  made: readonly Pending[],
  skipped: Dataset['skipped'],
): Promise<Dataset> {
  if (made.length === 0 && skipped.length === 0) {
    await removeStrangers(out, begun);
    return begun;
  }
  const clips = made.map((clip) => ({ ...clip, read: () => files.rows(clip.sha256) }));
  const { shards, places } = await writeShards(out, clips);
  const placed = made.map((clip, i): DatasetClip => ({ ...clip, ...places[i]! }));
  const all = [...begun.clips, ...placed];
  const dataset: Dataset = {
    ...begun,
    identity: identityOf(begun.pack, all),
    shards: [...begun.shards, ...shards],
    clips: all,
    skipped: [...begun.skipped, ...skipped],
    statistics: all.length > 0 ? await statisticsOf(out, all) : begun.statistics,
  };
  await writeDataset(out, dataset);
  await removeStrangers(out, dataset);
  return dataset;
}

/** Single clips, and shards that a call wrote which was killed before it wrote dataset.json. */
async function removeStrangers(out: string, { shards }: Dataset): Promise<void> {
  for (const name of await readdir(out))
    if (name.startsWith(PENDING)) await rm(join(out, name), { recursive: true, force: true });
  const listed = new Set(shards.map(({ file }) => file));
  for (const name of await readdir(join(out, 'shards')).catch((): string[] => []))
    if (name.endsWith('.safetensors') && !listed.has(`shards/${name}`)) await rm(join(out, 'shards', name));
}

/** Without the folder of the pack, which may move. */
function identityOf({ motion, audio }: Dataset['pack'], clips: readonly DatasetClip[]): string {
  const rows = clips.map(({ sha256: hash, split, frames }) => `${hash} ${split} ${frames}\n`);
  return sha256(motion, audio, ...rows);
}

function countOf(skipped: Dataset['skipped']): AddResult['skipped'] {
  const counts: AddResult['skipped'] = {};
  for (const { reason } of skipped) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
