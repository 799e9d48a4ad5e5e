import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnimateOptions, evaluate, prepareBench } from 'kdtalker';
import type { Test } from 'tap';
import { ffmpeg } from './media.js';
import { loadTalker, portraitFile, speechWav } from './talker.js';

/** A "recording": the example portrait, animated, in a video of `frames` frames. @returns its file */
export async function recording(
  t: Test,
  folder: string,
  frames: number,
  options: AnimateOptions = { poseScale: 2 },
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const talker = await loadTalker(t);
  const portrait = await talker.portrait(portraitFile);
  const file = join(folder, 'take.mp4');
  await talker
    .animate(portrait, speechWav(folder, frames), { seed: 1, frame: 'crop', ...options })
    .save(file, { crf: 12 });
  return file;
}

/** A changed copy of a video. */
export function changed(video: string, file: string, ...args: readonly string[]): string {
  ffmpeg('-i', video, ...args, file);
  return file;
}

/** A bench of one recording, in `<folder>/bench`; the clip's square has a side of 256. */
export async function smallBench(folder: string, videos: string, seconds = 8): Promise<string> {
  const bench = join(folder, 'bench');
  await prepareBench({ videos, out: bench, crop: 'ffhq', size: 256, seconds });
  return bench;
}

/** Results of one evaluation. */
export async function scored(folder: string, bench: string, methods: Record<string, string>) {
  const { table } = await evaluate({ bench, methods, out: join(folder, 'results') });
  const means = (method: string) => {
    const { metrics } = table.methods.find(({ name }) => name === method)!;
    return Object.fromEntries(Object.entries(metrics).map(([name, { mean }]) => [name, mean]));
  };
  return { table, means };
}

/** Every file of a folder's results. */
export function resultFiles(out: string): Record<string, string> {
  const names = ['results.jsonl', 'table.json', 'table.md', 'scores.csv', 'report.html'];
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(out, name), 'utf8')]));
}
