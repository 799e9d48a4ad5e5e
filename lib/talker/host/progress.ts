/** The progress of a clip, emitted while it works, at most once per frame. */
export interface Progress {
  /**
   * `audio`: speech to features; `sample`: features to motion; `render`: motion to frames; `encode`: frames to a file. For a video,
   * `track`: pictures to positions of the face; `motion`: pictures to motion.
   */
  stage: 'audio' | 'sample' | 'render' | 'encode' | 'track' | 'motion';
  /** Seconds of sound for `audio`, frames for the others. */
  done: number;
  /** Undefined while unknown (sound of unknown length, frames of a video). */
  total: number | undefined;
  /** Frames per second since the stage began; 0 for `audio`. */
  fps: number;
}

/** Measures the speed of one stage and reports it. */
export class StageMeter {
  readonly #stage: Progress['stage'];
  readonly #report: (progress: Progress) => void;
  readonly #begun = performance.now();

  constructor(stage: Progress['stage'], report: (progress: Progress) => void) {
    this.#stage = stage;
    this.#report = report;
  }

  advance(done: number, total: number | undefined): void {
    const seconds = (performance.now() - this.#begun) / 1000;
    const fps = this.#stage === 'audio' || seconds === 0 ? 0 : done / seconds;
    this.#report({ stage: this.#stage, done, total, fps });
  }
}

/** An error of a listener affects nothing else. */
export function safely<T>(listener: ((value: T) => void) | undefined): (value: T) => void {
  return (value) => {
    try {
      listener?.(value);
    } catch {
      // the work continues
    }
  };
}
