import { join } from 'node:path';
import type { DatasetClip, MotionStatistics } from './dataset.js';
import { readRows, WIDTHS } from './shards.js';

/** The parts of motion, in the order of its 70 numbers. */
const PARTS = { scale: 1, yaw: 1, pitch: 1, roll: 1, t: 3, exp: 63 } as const;

/** Sums of rows of one width, in float64. */
class Sums {
  readonly #shift: Float64Array;
  readonly #sum: Float64Array;
  readonly #squares: Float64Array;
  #count = 0;

  /** @param width numbers of a row */
  constructor(readonly width: number) {
    this.#shift = new Float64Array(width);
    this.#sum = new Float64Array(width);
    this.#squares = new Float64Array(width);
  }

  /** Sums differences from the first row: a mean far from 0 would hide a small deviation. */
  add(rows: Float32Array): void {
    if (this.#count === 0) this.#shift.set(rows.subarray(0, this.width));
    for (let i = 0; i < rows.length; i++) {
      const column = i % this.width;
      const value = rows[i]! - this.#shift[column]!;
      this.#sum[column]! += value;
      this.#squares[column]! += value * value;
    }
    this.#count += rows.length / this.width;
  }

  /** Mean and population deviation of each column; a deviation of 0 becomes 1. */
  result(): { mean: number[]; std: number[] } {
    const count = Math.max(1, this.#count);
    const mean = [...this.#sum].map((sum) => sum / count);
    const std = mean.map((part, i) => Math.sqrt(Math.max(0, this.#squares[i]! / count - part * part)) || 1);
    return { mean: mean.map((part, i) => part + this.#shift[i]!), std };
  }
}

/** Statistics over all frames of the training split; over all clips where it has none. */
export async function statisticsOf(folder: string, clips: readonly DatasetClip[]): Promise<MotionStatistics> {
  const train = clips.filter(({ split }) => split === 'train');
  const counted = train.length > 0 ? train : clips;
  const motion = new Sums(WIDTHS.motion);
  const canonical = new Sums(WIDTHS.canonical);
  for (const shard of [...new Set(counted.map(({ shard: file }) => file))].sort()) {
    const rows = await readRows(join(folder, shard));
    for (const { start, frames } of counted.filter((clip) => clip.shard === shard)) {
      motion.add(rows.motion.subarray(70 * start, 70 * (start + frames)));
      canonical.add(rows.canonical.subarray(63 * start, 63 * (start + frames)));
    }
  }
  return byPart(motion.result(), canonical.result());
}

function byPart(
  motion: { mean: number[]; std: number[] },
  kp: { mean: number[]; std: number[] },
): MotionStatistics {
  let at = 0;
  const parts = Object.entries(PARTS).map(([name, size]) => {
    const [from, to] = [at, at + size];
    at = to;
    return [name, { mean: motion.mean.slice(from, to), std: motion.std.slice(from, to) }];
  });
  return { ...Object.fromEntries(parts), kp } as MotionStatistics;
}
