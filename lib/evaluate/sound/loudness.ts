/** Half of the window of one measurement, and the distance of two: seconds. */
const STEP = 0.05;

/**
 * Loudness of sound: the root of the mean square in 50 ms around every multiple of 50 ms. Beyond the ends is silence. Takes samples in
 * pieces and holds only the results.
 */
export class Loudness {
  readonly #window: number;
  readonly #values: number[] = [];
  /** Samples of the open window, including the half before the first sample. */
  #filled: number;
  #sum = 0;

  constructor(sampleRate: number) {
    this.#window = Math.round(STEP * sampleRate);
    this.#filled = Math.floor(this.#window / 2);
  }

  add(samples: ArrayLike<number>): void {
    for (let i = 0; i < samples.length; i++) {
      this.#sum += samples[i]! * samples[i]!;
      if (++this.#filled === this.#window) this.#close();
    }
  }

  #close(): void {
    this.#values.push(Math.sqrt(this.#sum / this.#window));
    this.#sum = 0;
    this.#filled = 0;
  }

  /** Loudness at the times of `frames` frames, linear between measurements. */
  atFrames(frames: number, fps: number): Float64Array {
    const values = this.#filled > 0 ? [...this.#values, Math.sqrt(this.#sum / this.#window)] : this.#values;
    return Float64Array.from({ length: frames }, (_, frame) => between(values, frame / fps / STEP));
  }
}

function between(values: readonly number[], at: number): number {
  if (values.length === 0) return 0;
  const last = values.length - 1;
  const below = Math.min(Math.floor(at), last);
  const above = Math.min(below + 1, last);
  return values[below]! + (Math.min(at, last) - below) * (values[above]! - values[below]!);
}
