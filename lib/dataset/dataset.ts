import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { KdtalkerError, quote } from '../errors.js';
import { writeWholeFile } from '../files/whole-file.js';
import type { PackManifest } from '../packs/manifest.js';
import { integer, number, oneOf, parseFile } from '../validate.js';

/** Mean and deviation of each number of motion and of the canonical keypoints. */
export type MotionStatistics = PackManifest['statistics'];

/** Why a video gave no clip. */
export const REASONS = [
  ...(['no-sound', 'no-face', 'several-faces', 'short', 'long', 'unreadable'] as const),
  ...(['out-of-step', 'surplus'] as const),
] as const;

const text = z.string({ error: 'a text' });
const hash = z.string({ error: 'a hash' }).regex(/^[0-9a-f]{64}$/, 'a SHA-256');
const count = integer(0, 1e9);
const statistic = z.object({ mean: z.array(z.number()), std: z.array(z.number()) }, 'mean and deviation');

const syncSchema = z.object({
  /** SHA-256 of SyncNet's file. */
  syncnet: hash,
  maxOffset: integer(0, 15),
  minLseC: z.number('a number'),
  keep: integer(1, 1e9).optional(),
});

const clipSchema = z.object({
  name: text,
  /** SHA-256 of the video. */
  sha256: hash,
  speaker: text,
  split: oneOf('train', 'validation'),
  shard: text,
  /** First row in the shard, and rows. */
  start: count,
  frames: count,
  /** What SyncNet says, where it was asked: frames by which the sound is early, and its confidence. */
  offset: integer(-1000, 1000).optional(),
  lseC: z.number('a number').optional(),
});

const schema = z.object({
  format: z.literal(1, 'format 1'),
  /** Changes with the clips and the networks. */
  identity: hash,
  pack: z.object({ name: text, version: text, directory: text, motion: hash, audio: hash }, 'a pack'),
  /** What decides which clips there are, and their numbers. */
  options: z.object({
    crop: oneOf('none', 'kdtalker'),
    least: integer(1, 1e6),
    validation: text.optional(),
    share: number(0, 1),
    sync: syncSchema.optional(),
  }),
  shards: z.array(z.object({ file: text, sha256: hash, bytes: count, frames: count }), 'shards'),
  clips: z.array(clipSchema, 'clips'),
  skipped: z.array(z.object({ name: text, sha256: hash, reason: oneOf(...REASONS) }), 'skipped videos'),
  statistics: z.object(
    {
      scale: statistic,
      yaw: statistic,
      pitch: statistic,
      roll: statistic,
      t: statistic,
      exp: statistic,
      kp: statistic,
    },
    'statistics',
  ),
});

/** The contents of dataset.json. */
export type Dataset = z.output<typeof schema>;
/** A clip of a dataset: rows of a shard. */
export type DatasetClip = Dataset['clips'][number];
/** A file of rows: `motion` [N, 70], `canonical` [N, 63], `audio` [N, 512], `loudness` [N], float32. */
export type Shard = Dataset['shards'][number];

const FILE = 'dataset.json';

/** @throws KdtalkerError DATASET_INVALID */
export async function readDataset(folder: string): Promise<Dataset> {
  const found = await findDataset(folder);
  if (found) return found;
  throw invalid(
    `Expected a dataset in ${quote(folder)} but it has no ${FILE}. Make one with kdtalker dataset add`,
  );
}

/** The dataset of a folder, or undefined where it has none. @throws KdtalkerError DATASET_INVALID */
export async function findDataset(folder: string): Promise<Dataset | undefined> {
  const file = join(folder, FILE);
  const json = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw invalid(`Expected a readable file at ${quote(file)} but it cannot be read`, error);
  });
  if (json === undefined) return undefined;
  return parseFile(schema, parse(json, file), quote(file), 'DATASET_INVALID');
}

/** Writes dataset.json, whole or not at all. */
export function writeDataset(folder: string, dataset: Dataset): Promise<void> {
  return writeWholeFile(join(folder, FILE), `${JSON.stringify(dataset, null, 1)}\n`);
}

function parse(json: string, file: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw invalid(`Expected JSON in ${quote(file)} but received other text`, cause);
  }
}

/** DATASET_INVALID. */
export function invalid(message: string, cause?: unknown): KdtalkerError {
  return new KdtalkerError('DATASET_INVALID', message, { cause });
}
