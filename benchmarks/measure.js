import { performance } from 'node:perf_hooks';
import { peakMiB } from './peak.js';

// A workload's result for the parent: the times of its laps, and the resources that the process used meanwhile.

/** Repeats `lap` and times each call. */
export async function measureCalls({ warm, count }, lap) {
  for (let i = 0; i < warm; i++) await lap();
  const watch = new Stopwatch();
  for (let i = 0; i < count; i++) {
    await lap();
    watch.lap();
  }
  return watch.result();
}

/** Takes items of an iterable and times each arrival; ends it after warm + count. */
export async function measureItems({ warm, count }, items, use = () => {}) {
  let taken = 0;
  let watch = new Stopwatch();
  for await (const item of items) {
    await use(item);
    taken += 1;
    if (taken > warm) watch.lap();
    if (taken === warm) watch = new Stopwatch();
    if (taken === warm + count) break;
  }
  return watch.result();
}

/** Times laps since its construction, with the process's CPU time and memory. */
export class Stopwatch {
  #begun = performance.now();
  #last = this.#begun;
  #cpu = process.cpuUsage();
  #laps = [];

  lap() {
    const now = performance.now();
    this.#laps.push(now - this.#last);
    this.#last = now;
  }

  /**
   * laps in ms; seconds of wall time, until the last lap or until now; CPU seconds of all threads; peak resident MiB of the process since
   * its start.
   */
  result({ toNow = false } = {}) {
    const { user, system } = process.cpuUsage(this.#cpu);
    const end = toNow ? performance.now() : this.#last;
    return {
      laps: this.#laps,
      seconds: (end - this.#begun) / 1000,
      cpuSeconds: (user + system) / 1e6,
      peakMiB: peakMiB(),
    };
  }
}
