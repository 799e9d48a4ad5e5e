import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { longCall } from '../../abort.js';
import { KdtalkerError } from '../../errors.js';
import { orOutputError } from '../../files/output-error.js';
import { writeWholeFile } from '../../files/whole-file.js';
import { hashOfManifest } from '../../packs/pack.js';
import type { AnimateOptions } from '../../talker/clip/clip-options.js';
import { safely } from '../../talker/host/progress.js';
import type { AnyTalker } from '../../talker/talker.js';
import { orReason } from '../reasons.js';
import type { ClipTimes } from '../score/times.js';
import { type Bench, type BenchClip, readBench } from './bench.js';

/** The progress of {@link animateBench}. */
export interface BenchProgress {
  clip: string;
  /** Clips that are made, of those that there are. */
  done: number;
  total: number;
}

/** Options of {@link animateBench}. */
export interface AnimateBenchOptions {
  /** The folder of clips that `prepareBench()` made. */
  bench: string;
  /** A folder for the videos; a run that was stopped goes on there. */
  out: string;
  /** Steps, window, seed and all other options of `talker.animate()`, except `signal` and `onProgress`. */
  animate?: Omit<AnimateOptions, 'signal' | 'onProgress'> | undefined;
  /** Whether each clip is first generated once more without an encoder, to measure that speed. Default true. */
  speed?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** Errors that it throws are ignored. */
  onProgress?: ((progress: BenchProgress) => void) | undefined;
}

/** The videos that were made, and clips that could not be animated. */
export interface AnimatedBench {
  videos: string[];
  skipped: { name: string; why: string }[];
}

/**
 * Makes a video of every clip of a bench: its reference picture speaks its speech. Writes `<clip>.mp4`, and `times.json` with the seconds
 * that each took.
 *
 * @param talker its pack is what is evaluated
 * @throws KdtalkerError as `talker.animate()` and `clip.save()`; FILE_NOT_FOUND for the bench; INVALID_ARGUMENT if the folder holds videos
 *   of another bench or other options
 */
export async function animateBench(talker: AnyTalker, options: AnimateBenchOptions): Promise<AnimatedBench> {
  const { signal } = options;
  return longCall(
    'Animating the bench',
    [signal],
    (ends) => animate(talker, { ...options, signal: ends }),
    'kept',
  );
}

async function animate(talker: AnyTalker, options: AnimateBenchOptions): Promise<AnimatedBench> {
  const bench = await readBench(options.bench);
  await openFolder(options.out, headOf(talker, bench, options));
  const times = await readJson<Record<string, ClipTimes>>(join(options.out, 'times.json'));
  const made: AnimatedBench = { videos: [], skipped: [] };
  const tell = safely(options.onProgress);
  for (const [done, clip] of bench.clips.entries()) {
    tell({ clip: clip.name, done, total: bench.clips.length });
    const file = join(options.out, `${clip.name}.mp4`);
    if (times[clip.name] === undefined || !existsSync(file)) {
      const took = await orReason(() => animateClip(talker, clip, bench.crop, file, options));
      if ('why' in took) {
        made.skipped.push({ name: clip.name, why: took.why });
        continue;
      }
      times[clip.name] = took;
      await writeWholeFile(
        join(options.out, 'times.json'),
        `${JSON.stringify(times, undefined, 2)}\n`,
        options.signal,
      );
    }
    made.videos.push(file);
  }
  return made;
}

function headOf({ pack }: AnyTalker, { hash }: Bench, { animate = {} }: AnimateBenchOptions): string {
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
  const options = JSON.parse(JSON.stringify(animate, text)) as unknown;
  const head = { bench: hash, pack: `${pack.name} ${pack.version}`, manifest: hashOfManifest(pack), options };
  return `${JSON.stringify(head, undefined, 2)}\n`;
}

/** Makes the folder, or checks that it holds videos of the same bench, pack and options. */
async function openFolder(folder: string, head: string): Promise<void> {
  await orOutputError(mkdir(folder, { recursive: true }), folder);
  const file = join(folder, 'animate.json');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known === undefined) return writeWholeFile(file, head);
  if (known === head) return;
  const message = `Expected videos of the same bench, pack and options for out but received '${folder}', which has others. Give another folder`;
  throw new KdtalkerError('INVALID_ARGUMENT', message);
}

async function readJson<T extends object>(file: string): Promise<T> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  return JSON.parse(text) as T;
}

async function animateClip(
  talker: AnyTalker,
  { reference, speech }: BenchClip,
  crop: string,
  file: string,
  { animate = {}, speed = true, signal }: AnimateBenchOptions,
): Promise<ClipTimes> {
  const begun = performance.now();
  // The reference of a cropped bench is the square that the networks see.
  const portrait = await talker.portrait(reference, { ...(crop !== 'none' && { crop: 'none' }), signal });
  try {
    const prepare = secondsSince(begun);
    const clip = () => talker.animate(portrait, speech, { frame: 'crop', ...animate, signal });
    const generate = speed ? await generationSeconds(clip()) : undefined;
    const { elapsedSeconds } = await clip().save(file);
    return { ...(generate !== undefined && { generate }), whole: prepare + elapsedSeconds };
  } finally {
    await portrait.close();
  }
}

async function generationSeconds(clip: ReturnType<AnyTalker['animate']>): Promise<number> {
  const begun = performance.now();
  for await (const _frame of clip.frames());
  return secondsSince(begun);
}

const secondsSince = (begun: number) => (performance.now() - begun) / 1000;
