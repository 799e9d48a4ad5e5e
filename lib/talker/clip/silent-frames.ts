/** Decibels by which the peak decays in a second. */
const DECAY = 3;

/** Which frames of sound are silent, from frame to frame: those far below a peak that decays, and those that nobody hears. */
export class SilentFrames {
  readonly #fps: number;
  readonly #below: number;
  readonly #lowest: number;
  #peak: number;

  /**
   * @param below decibels relative to the peak
   * @param lowest decibels relative to full scale that are always silent
   */
  constructor(fps: number, below = -30, lowest = -70) {
    this.#fps = fps;
    this.#below = below;
    this.#lowest = lowest;
    this.#peak = lowest;
  }

  /** Whether a frame is silent; without `count` the peak stays as it is. */
  has(samples: Float32Array, count = true): boolean {
    const level = levelOf(samples);
    const peak = Math.max(level, this.#peak - DECAY / this.#fps);
    if (count) this.#peak = peak;
    return level < Math.max(this.#lowest, peak + this.#below);
  }
}

/** Decibels of the mean power, relative to full scale. */
function levelOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return 10 * Math.log10(power + 1e-12);
}
