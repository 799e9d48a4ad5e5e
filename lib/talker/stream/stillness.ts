/** A time in which the engine makes no frames, and the last one is shown again. */
interface Still {
  /** The engine's first frame behind it. */
  before: number;
  /** The place in a loop of the first frame that is shown. */
  at: number;
  /** Frames that are shown again, and how many of them were. */
  frames: number;
  shown: number;
}

/** When a stream holds still, in frames: found by who feeds the engine, kept by who reads its frames. */
export class Stillness {
  #stills: Still[] = [];
  #holds = false;
  /** Frames that the engine was not fed, in all. */
  #skipped = 0;

  get skipped(): number {
    return this.#skipped;
  }

  /** So many frames are shown again before the engine's frame, of a loop from a place on. */
  hold(before: number, frames: number, at = 0): void {
    if (!this.#holds) this.#stills.push({ before, at, frames: 0, shown: 0 });
    this.#holds = true;
    this.#stills.at(-1)!.frames += frames;
    this.#skipped += frames;
  }

  /** The engine goes on. */
  end(): void {
    this.#holds = false;
  }

  /** Whether it holds still; frames of that so far, and how many of them were shown. */
  get now(): { frames: number; shown: number } | undefined {
    return this.#holds ? this.#stills.at(-1) : undefined;
  }

  /** Whether there are frames that will be shown again. */
  get any(): boolean {
    return this.#stills.length > 0;
  }

  /** The place in a loop of the frame that is shown again now. */
  get place(): number {
    const { at, shown } = this.#stills[0]!;
    return at + shown - 1;
  }

  /** It does not hold still, and did not: nothing of that was shown. */
  cancel(): void {
    this.#skipped -= this.#stills.pop()!.frames;
    this.end();
  }

  /** The engine's frames from `frame` on are made anew. */
  cut(frame: number): void {
    for (const still of this.#stills) still.before = Math.min(still.before, frame);
  }

  /** Whether the last frame is shown again before the engine's next one. */
  shows(next: number): boolean {
    while (this.#stills[0] !== undefined && this.#isOver(this.#stills[0])) this.#stills.shift();
    const still = this.#stills[0];
    if (still === undefined || still.before > next || still.shown === still.frames) return false;
    still.shown += 1;
    return true;
  }

  #isOver(still: Still): boolean {
    return still.shown === still.frames && !(this.#holds && still === this.#stills.at(-1));
  }
}
