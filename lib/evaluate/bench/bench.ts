import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { KdtalkerError, quote } from '../../errors.js';
import { sha256 } from '../../files/hash.js';
import { parseFile } from '../../validate.js';

/** Frames a second of benches; videos of any rate are read at it. */
export const BENCH_FPS = 25;
/** As long as a video may be: what is longer than its clip is not decoded. */
export const MOST_SECONDS = 1e6;

const FORMAT = 'kdtalker-bench';
const NAME = 'a name of letters, digits, dots, dashes and underscores';
const hash = z.string({ error: 'a hash' }).regex(/^[0-9a-f]{64}$/, 'a hash');
const clipSchema = z.strictObject(
  {
    name: z.string({ error: NAME }).regex(/^[\w-][\w.-]*$/, NAME),
    /** Frames of the real video, or of the speech without one. */
    frames: z.int({ error: 'a number of frames' }).min(1, 'a number of frames'),
    /** SHA-256 of each file of the clip. */
    files: z.record(z.string(), hash, { error: 'hashes of files' }),
  },
  { error: 'a clip' },
);
const schema = z.strictObject(
  {
    format: z.literal(FORMAT, { error: `'${FORMAT}'` }),
    version: z.literal(1, { error: '1' }),
    crop: z.string({ error: 'a crop' }),
    clips: z.array(clipSchema, { error: 'a list of clips' }).min(1, 'at least one clip'),
    /** What was given and became no clip. */
    skipped: z.array(z.strictObject({ name: z.string(), why: z.string() })).default([]),
  },
  { error: 'a bench' },
);

/** Files of a clip in a bench, `<bench>/<name>/...`. Without `real.mp4` a clip is only a picture and a voice. */
export const CLIP_FILES = { reference: 'reference.png', speech: 'speech.wav', real: 'real.mp4' } as const;

/** A clip as bench.json lists it. */
export type ClipEntry = z.output<typeof clipSchema>;

/** The contents of bench.json. */
export type BenchList = z.output<typeof schema>;

/** A clip with the paths of its files. */
export interface BenchClip {
  readonly name: string;
  readonly frames: number;
  readonly reference: string;
  readonly speech: string;
  /** Undefined for a picture and a voice. */
  readonly real: string | undefined;
}

/** A folder of clips that methods are compared on. */
export interface Bench {
  readonly crop: string;
  readonly clips: readonly BenchClip[];
  /** Names exactly these clips: the hash of bench.json, which has the hashes of their files. */
  readonly hash: string;
}

/** Reads bench.json. @throws FILE_NOT_FOUND, INVALID_ARGUMENT */
export async function readBench(folder: string): Promise<Bench> {
  const file = join(folder, 'bench.json');
  const bytes = await readFile(file).catch((cause: unknown) => {
    const message = `Expected a bench of 'kdtalker evaluate prepare' for bench but received ${quote(folder)}, which has no bench.json`;
    throw new KdtalkerError('FILE_NOT_FOUND', message, { cause });
  });
  const { crop, clips } = parseFile(schema, readJson(bytes), quote(file), 'INVALID_ARGUMENT');
  return { crop, clips: clips.map((clip) => withPaths(folder, clip)), hash: sha256(bytes) };
}

function readJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function withPaths(folder: string, { name, frames, files }: ClipEntry): BenchClip {
  const path = (file: string) => join(folder, name, file);
  const { reference, speech, real } = CLIP_FILES;
  return {
    name,
    frames,
    reference: path(reference),
    speech: path(speech),
    real: files[real] === undefined ? undefined : path(real),
  };
}

/** The text of bench.json. */
export function benchText(list: Omit<BenchList, 'format' | 'version'>): string {
  return `${JSON.stringify({ format: FORMAT, version: 1, ...list }, undefined, 2)}\n`;
}
