import { join } from 'node:path';
import { writeWholeFile } from '../../files/whole-file.js';
import { FrameSource } from '../../media/index.js';
import { BENCH_FPS, MOST_SECONDS } from '../bench/bench.js';
import { FEATURES, type FeatureNetwork } from '../judged/feature-network.js';
import { type FeatureStatistics, frechetDistance } from '../judged/frechet.js';
import { readFeatureStatistics, statisticsBytes } from '../judged/statistics-file.js';
import type { Measured } from '../metrics.js';
import type { FidResults } from './fid-results.js';
import type { FidStore } from './fid-store.js';
import type { Unit } from './journal.js';
import type { Task } from './measure-unit.js';
import { REAL } from './names.js';

/** Frames from which on FID hardly depends on their number. */
const ENOUGH = 2048;

/** The statistics that all methods are compared with, and what is said of them. */
interface Reference {
  readonly statistics: FeatureStatistics;
  /** Frames; undefined where that is not known. */
  readonly frames: number | undefined;
}

/** What FID is computed of. */
export interface FidOptions {
  readonly methods: readonly string[];
  /** Statistics of other real videos, an .npz file. */
  readonly reference: string | undefined;
  /** A folder for the statistics of each method; undefined: they are not written. */
  readonly save: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Compares the features of all videos of each method with those of the real ones. @throws as readFeatureStatistics, OUTPUT_UNWRITABLE */
export async function fidOf(store: FidStore, options: FidOptions): Promise<FidResults> {
  const { methods, reference: file, save, signal } = options;
  const reference = await referenceOf(store, file);
  const byMethod = new Map<string, Measured>();
  const notes = file === undefined ? [] : ['FID is against the statistics that were given'];
  for (const method of methods) {
    const sums = store.sumsOf(method);
    const statistics = sums && sums.count > 1 ? sums.statistics() : undefined;
    if (statistics && save !== undefined)
      await writeWholeFile(join(save, `${method}.npz`), statisticsBytes(statistics), signal);
    const why = whyNot(method, file, reference, statistics);
    if (why !== undefined || !statistics || !reference) {
      byMethod.set(method, { why: why ?? TOO_FEW });
      continue;
    }
    byMethod.set(method, { value: await frechetDistance(reference.statistics, statistics, signal) });
    notes.push(noteOf(method, reference.frames, sums!.count));
  }
  return { byMethod, notes };
}

async function referenceOf(store: FidStore, file: string | undefined): Promise<Reference | undefined> {
  if (file !== undefined)
    return { statistics: await readFeatureStatistics(file, FEATURES), frames: undefined };
  const sums = store.sumsOf(REAL);
  return sums && sums.count > 1 ? { statistics: sums.statistics(), frames: sums.count } : undefined;
}

const TOO_FEW = 'FID needs two frames of the real videos and two of the method';

function whyNot(
  method: string,
  file: string | undefined,
  reference: Reference | undefined,
  statistics: FeatureStatistics | undefined,
): string | undefined {
  if (file === undefined && method === REAL) return 'the real videos are what FID compares with';
  return reference && statistics ? undefined : TOO_FEW;
}

function noteOf(method: string, real: number | undefined, own: number): string {
  const counts = `FID of ${method}: ${real === undefined ? '' : `${real} real frames and `}${own} of its own`;
  if (Math.min(real ?? own, own) >= ENOUGH) return counts;
  return `${counts}; with under ${ENOUGH} it is too large, and falls with every frame`;
}

/** Sees again the videos that were measured before, where an earlier run left no sums of them. */
export async function seeAgain(
  store: FidStore,
  network: FeatureNetwork,
  method: string,
  {
    units,
    tasks,
    signal,
  }: { units: readonly Unit[]; tasks: readonly Task[]; signal: AbortSignal | undefined },
): Promise<void> {
  const sums = store.begin(method);
  for (const [i, unit] of units.entries()) {
    const file = tasks[i]?.file;
    if (unit.method !== method || file === undefined || unit.frames === 0) continue;
    const video = await FrameSource.open(file, { fps: BENCH_FPS, signal, maxSeconds: MOST_SECONDS });
    try {
      let left = unit.frames;
      for await (const picture of video.frames()) {
        sums.add(await network.see(picture));
        if (--left === 0) break;
      }
    } finally {
      await video.close();
    }
  }
  await store.save(method, sums, units);
}
