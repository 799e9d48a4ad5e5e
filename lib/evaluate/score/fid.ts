import { FrameSource } from '../../media/index.js';
import { BENCH_FPS } from '../bench/bench.js';
import type { FeatureNetwork } from '../judged/feature-network.js';
import { frechetDistance } from '../judged/frechet.js';
import type { Measured } from '../metrics.js';
import type { FidResults } from './fid-results.js';
import type { FidStore } from './fid-store.js';
import type { Unit } from './journal.js';
import type { Task } from './measure-unit.js';
import { REAL } from './names.js';

/** Frames from which on FID hardly depends on their number. */
const ENOUGH = 2048;

/** Compares the features of all videos of each method with those of the real ones. */
export function fidOf(store: FidStore, methods: readonly string[]): FidResults {
  const real = store.sumsOf(REAL);
  const byMethod = new Map<string, Measured>();
  const notes: string[] = [];
  for (const method of methods) {
    const sums = store.sumsOf(method);
    if (method === REAL) byMethod.set(method, { why: 'the real videos are what FID compares with' });
    else if (!real) byMethod.set(method, { why: 'there is no real video' });
    else if (!sums || Math.min(sums.count, real.count) < 2)
      byMethod.set(method, { why: 'FID needs two frames of the real videos and two of the method' });
    else {
      byMethod.set(method, { value: frechetDistance(real.statistics(), sums.statistics()) });
      notes.push(noteOf(method, real.count, sums.count));
    }
  }
  return { byMethod, notes };
}

function noteOf(method: string, real: number, own: number): string {
  const counts = `FID of ${method}: ${real} real frames and ${own} of its own`;
  if (Math.min(real, own) >= ENOUGH) return counts;
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
    const video = await FrameSource.open(file, { fps: BENCH_FPS, signal, maxSeconds: 1e6 });
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
