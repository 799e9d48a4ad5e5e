import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '../errors.js';
import { sha256 } from '../files/hash.js';
import { writeWholeFile } from '../files/whole-file.js';
import { floats, readSafetensors, writeSafetensors } from '../packs/safetensors.js';
import { invalid, type Shard } from './dataset.js';

/** The most bytes of a shard. */
const MOST = 256e6;
/** Numbers of a frame. */
export const WIDTHS = { motion: 70, canonical: 63, audio: 512, loudness: 1 } as const;
const NAMES = Object.keys(WIDTHS) as (keyof typeof WIDTHS)[];
/** The name of a single clip's {@link ClipSync} in its file. */
const SYNC = 'sync';
const ROW = 4 * NAMES.reduce((sum, name) => sum + WIDTHS[name], 0);

/** Rows of one clip, frame by frame. */
export interface ClipRows {
  frames: number;
  /** [frames, 70], [frames, 63], [frames, 512], [frames] */
  motion: Float32Array;
  canonical: Float32Array;
  audio: Float32Array;
  loudness: Float32Array;
  /** What SyncNet says of the clip, where it was asked; shards do not keep it. */
  sync?: ClipSync | undefined;
}

/** Frames by which a clip's sound is early, and SyncNet's confidence. */
export interface ClipSync {
  offset: number;
  lseC: number;
}

/** Where a clip's rows lie. */
export interface Place {
  shard: string;
  start: number;
}

/** Rows as the bytes of a .safetensors file. */
export function bytesOfRows({ frames, sync, ...rows }: ClipRows): Uint8Array {
  const tensors = NAMES.map((name) => {
    const dims = name === 'loudness' ? [frames] : [frames, WIDTHS[name]];
    return [name, { dims, data: rows[name] }];
  });
  return writeSafetensors(Object.fromEntries(tensors), sync && { [SYNC]: JSON.stringify(sync) });
}

/** Reads a file of rows. @throws KdtalkerError DATASET_INVALID */
export async function readRows(file: string): Promise<ClipRows> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw invalid(`Expected a readable file at ${quote(file)} but it cannot be read`, cause);
  });
  return rowsOfBytes(bytes, file);
}

/** The rows in the bytes of a file. @throws KdtalkerError DATASET_INVALID */
export function rowsOfBytes(bytes: Uint8Array, file: string): ClipRows {
  const fail = (sentence: string) => invalid(`${sentence} (in ${quote(file)})`);
  const { tensors, metadata } = readSafetensors(bytes, fail);
  const frames = tensors.loudness?.dims[0] ?? 0;
  const entries = NAMES.map((name) => {
    const tensor = tensors[name];
    const isWhole = tensor?.dtype === 'F32' && tensor.data.length === frames * WIDTHS[name];
    if (!isWhole) throw invalid(`Expected ${frames} rows of ${name} in ${quote(file)} but received others`);
    return [name, floats(tensor)];
  });
  const sync = metadata[SYNC] === undefined ? {} : { sync: JSON.parse(metadata[SYNC]) };
  return { frames, ...Object.fromEntries(entries), ...sync } as ClipRows;
}

/**
 * Joins clips to shards, each of at most 256 MB, named after their bytes: the same clips give the same files.
 *
 * @param clips in their order, with their frames and what reads them
 */
export async function writeShards(
  folder: string,
  clips: readonly { frames: number; read(): Promise<ClipRows> }[],
): Promise<{ shards: Shard[]; places: Place[] }> {
  await mkdir(join(folder, 'shards'), { recursive: true });
  const shards: Shard[] = [];
  const places: Place[] = [];
  for (const group of groupsOf(clips)) {
    const rows = await Promise.all(group.map((clip) => clip.read()));
    const bytes = bytesOfRows(joinRows(rows));
    const hash = sha256(bytes);
    const file = `shards/${hash.slice(0, 16)}.safetensors`;
    await writeWholeFile(join(folder, file), bytes);
    let start = 0;
    for (const { frames } of rows) {
      places.push({ shard: file, start });
      start += frames;
    }
    shards.push({ file, sha256: hash, bytes: bytes.byteLength, frames: start });
  }
  return { shards, places };
}

/** Clips end to end while they fit; a longer one has a shard of its own. */
function groupsOf<T extends { frames: number }>(clips: readonly T[]): T[][] {
  const groups: T[][] = [];
  let room = 0;
  for (const clip of clips) {
    const size = clip.frames * ROW;
    if (groups.length === 0 || size > room) {
      groups.push([]);
      room = MOST;
    }
    groups.at(-1)!.push(clip);
    room -= size;
  }
  return groups;
}

function joinRows(clips: readonly ClipRows[]): ClipRows {
  const frames = clips.reduce((sum, clip) => sum + clip.frames, 0);
  const entries = NAMES.map((name) => {
    const whole = new Float32Array(frames * WIDTHS[name]);
    let at = 0;
    for (const clip of clips) {
      whole.set(clip[name], at);
      at += clip[name].length;
    }
    return [name, whole];
  });
  return { frames, ...Object.fromEntries(entries) } as ClipRows;
}
