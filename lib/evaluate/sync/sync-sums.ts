import type { HeardWindows } from './heard-windows.js';
import { distance, REACH, type SyncResult, scoresOf } from './sync-scores.js';

const OFFSETS = 2 * REACH + 1;

/**
 * The mean distances of a track at each offset, summed up while its pictures come: the same numbers as those of all distances at once.
 * It holds the vectors of as many frames as the sound is moved.
 */
export class SyncSums {
  readonly #heard: HeardWindows;
  readonly #sums = new Float64Array(OFFSETS);
  /** Pictures from frame `#row` on, which have to wait for the sounds around them. */
  readonly #waiting: Float32Array[] = [];
  #row = 0;

  constructor(heard: HeardWindows) {
    this.#heard = heard;
  }

  /** Adds the vector of the next frame's pictures. */
  async add(visual: Float32Array): Promise<void> {
    this.#waiting.push(visual);
    // The last one may be beyond the track's end, see finish().
    const sure = this.#row + this.#waiting.length - 1;
    while (this.#row < this.#heard.count && this.#row + REACH < sure) await this.#sumUp(this.#heard.count);
  }

  /** @param count frames that count; undefined if there are none */
  async finish(count: number): Promise<SyncResult | undefined> {
    const frames = Math.min(count, this.#heard.count);
    if (frames < 1) return undefined;
    while (this.#row < frames) await this.#sumUp(frames);
    return scoresOf(this.#sums.map((sum) => sum / frames));
  }

  /** @param count sounds from there on are beyond the end */
  async #sumUp(count: number): Promise<void> {
    const visual = this.#waiting.shift()!;
    for (let k = 0; k < OFFSETS; k++) {
      const at = this.#row + k - REACH;
      const sound = at >= 0 && at < count ? await this.#heard.at(at) : undefined;
      this.#sums[k]! += distance(visual, sound);
    }
    this.#row += 1;
    this.#heard.forgetBefore(this.#row - REACH);
  }
}
