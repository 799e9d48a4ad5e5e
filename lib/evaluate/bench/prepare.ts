import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { longCall } from '../../abort.js';
import { KdtalkerError } from '../../errors.js';
import { CROP_KINDS, type CropKind } from '../../face/crop/index.js';
import { FaceFinder } from '../../face/faces.js';
import { sha256, sha256OfFile } from '../../files/hash.js';
import { orOutputError } from '../../files/output-error.js';
import { inScratchFolder } from '../../files/scratch-folder.js';
import { writeWholeFile } from '../../files/whole-file.js';
import { THREADS } from '../../limits.js';
import { safely } from '../../talker/host/progress.js';
import { abortSignal, callback, integer, number, oneOf, parseOptions } from '../../validate.js';
import { orReason } from '../reasons.js';
import { type BenchList, benchText, CLIP_FILES, type ClipEntry } from './bench.js';
import { type ClipMaking, makeClip } from './make-clip.js';
import { type BenchSource, clipSources } from './sources.js';

/** The progress of {@link prepareBench}. */
export interface PrepareProgress {
  clip: string;
  /** Clips that are made, of those that there are. */
  done: number;
  total: number;
}

/** Options of {@link prepareBench}. */
export interface PrepareOptions {
  /** A folder of videos, and of pictures with voices of the same names; or a text file with a path on each line. */
  videos: string;
  /** A folder for the bench; a run that was stopped goes on there. */
  out: string;
  /** Seconds of each clip at most. Default 8. */
  seconds?: number | undefined;
  /** How the first frame's face is cropped; all frames are cut to the same square. Default `'kdtalker'`. */
  crop?: CropKind | undefined;
  /** Side of the squares in pixels, even. Default 512. */
  size?: number | undefined;
  /** Threads of each network. Default 1. */
  threads?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Errors that it throws are ignored. */
  onProgress?: ((progress: PrepareProgress) => void) | undefined;
}

/** A bench that was made. */
export interface PreparedBench {
  /** Names of the clips. */
  clips: string[];
  /** What was given and became no clip. */
  skipped: { name: string; why: string }[];
}

const PREPARING = 'Preparing the bench';
const EVEN = 'an even number from 64 to 2048';
const path = z.string({ error: 'a path' }).min(1, 'a path');
const schema = z.strictObject(
  {
    videos: path,
    out: path,
    seconds: number(0.04, 3600).default(8),
    crop: oneOf(...(CROP_KINDS as [CropKind, ...CropKind[]])).default('kdtalker'),
    size: z.int({ error: EVEN }).min(64, EVEN).max(2048, EVEN).multipleOf(2, EVEN).default(512),
    threads: integer(...THREADS).default(1),
    signal: abortSignal.optional(),
    onProgress: callback<PrepareProgress>().optional(),
  },
  { error: 'an object' },
);
type Plan = z.output<typeof schema>;

/**
 * Makes a bench for {@link evaluate}: of each video the first seconds, at 25 frames a second, every frame cut to the square around the
 * first frame's face; and the speech at 16 kHz. What cannot be made a clip is listed, and ends nothing.
 *
 * @throws KdtalkerError INVALID_ARGUMENT (also if not one clip could be made), FILE_NOT_FOUND, FFMPEG_NOT_FOUND, OUTPUT_UNWRITABLE,
 *   OUTPUT_DISK_FULL, ABORTED
 */
export async function prepareBench(options: PrepareOptions): Promise<PreparedBench> {
  const plan = parseOptions(schema, options, 'the options of prepareBench()');
  return longCall(PREPARING, [plan.signal], (signal) => prepare({ ...plan, signal }), 'kept');
}

async function prepare(plan: Plan): Promise<PreparedBench> {
  const sources = await clipSources(plan.videos);
  await orOutputError(mkdir(plan.out, { recursive: true }), plan.out);
  const list: Omit<BenchList, 'format' | 'version'> = { crop: plan.crop, clips: [], skipped: [] };
  const tell = safely(plan.onProgress);
  const finder = await FaceFinder.open({ threads: plan.threads });
  try {
    for (const [done, source] of sources.entries()) {
      tell({ clip: source.name, done, total: sources.length });
      const made = await clipOf(source, { ...plan, finder });
      if ('why' in made) list.skipped.push({ name: source.name, why: made.why });
      else list.clips.push(made);
    }
  } finally {
    await finder.close();
  }
  if (list.clips.length === 0) throw noClips(plan.videos, list.skipped);
  await writeWholeFile(join(plan.out, 'bench.json'), benchText(list), plan.signal);
  return { clips: list.clips.map(({ name }) => name), skipped: list.skipped };
}

/** A clip of an earlier run with the same settings, or a new one. */
async function clipOf(source: BenchSource, making: ClipMaking & Plan): Promise<ClipEntry | { why: string }> {
  const folder = join(making.out, source.name);
  const settings = settingsOf(source, making);
  const known = await readFile(join(folder, 'clip.json'), 'utf8').catch(() => undefined);
  const clip = known === undefined ? undefined : (JSON.parse(known) as { settings: string; clip: ClipEntry });
  if (clip?.settings === settings) return clip.clip;
  if (clip !== undefined) throw otherSettings(folder);
  const make = (scratch: string) => makeNew(source, scratch, folder, { ...making, settings });
  // Errors of reading the source are none of the system's: what the system refuses is an error of writing the clip.
  return orReason(() => orOutputError(inScratchFolder(folder, make), folder));
}

function settingsOf({ video, picture, voice }: BenchSource, { crop, size, seconds }: Plan): string {
  return sha256(JSON.stringify([video, picture, voice, crop, size, seconds]));
}

async function makeNew(
  source: BenchSource,
  scratch: string,
  folder: string,
  making: ClipMaking & { settings: string },
): Promise<ClipEntry> {
  const frames = await makeClip(source, scratch, making);
  const names = Object.values(CLIP_FILES).filter(
    (name) => name !== CLIP_FILES.real || source.video !== undefined,
  );
  const files: Record<string, string> = {};
  for (const name of names)
    files[name] = await sha256OfFile(join(scratch, name), { signal: making.signal, what: PREPARING });
  const clip: ClipEntry = { name: source.name, frames, files };
  await writeFile(join(scratch, 'clip.json'), JSON.stringify({ settings: making.settings, clip }));
  await rename(scratch, folder);
  return clip;
}

function otherSettings(folder: string): KdtalkerError {
  const message = `Expected clips of the same videos and settings for out but received '${folder}', which was made with others. Give another folder`;
  return new KdtalkerError('INVALID_ARGUMENT', message);
}

function noClips(videos: string, skipped: BenchList['skipped']): KdtalkerError {
  const [first] = skipped;
  const why =
    first === undefined ? 'which is empty' : `of which none became a clip (${first.name}: ${first.why})`;
  return new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected videos of faces for videos but received '${videos}', ${why}`,
  );
}
