import { STAGES, type Stage, type StageProgress } from './reporter.js';

/** Stages that report only their beginning and their end. */
const ONE_STEP: readonly Stage[] = ['load', 'portrait'];

/** The progress of a clip, for people. */
export interface Pace {
  stage: Stage;
  done: number;
  total: number | undefined;
  /** 0 to 1; undefined while unknown. */
  share: number | undefined;
  /** Frames per second; undefined for stages that make none. */
  fps: number | undefined;
  /** Seconds until the stage ends; undefined while unknown. */
  left: number | undefined;
}

/**
 * Follows the stages of a pass. Stages overlap (a frame is encoded while the next is rendered and a later window sampled): only the latest
 * stage is shown, and the progress of earlier ones is dropped.
 */
export class Pacer {
  readonly #now: () => number;
  #stage = -1;
  #begun = { time: 0, done: 0 };

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Returns undefined for a stage if a later one has begun. */
  advance({ stage, done, total, fps }: StageProgress): Pace | undefined {
    const rank = STAGES.indexOf(stage);
    if (rank < this.#stage) return undefined;
    if (rank > this.#stage) this.#begun = { time: this.#now(), done };
    this.#stage = rank;
    const share = shareOf(stage, done, total);
    const left = share === undefined ? undefined : this.#left(done, total);
    return { stage, done, total, share, fps: fps > 0 ? fps : undefined, left };
  }

  /** Begins again at the first stage. */
  restart(): void {
    this.#stage = -1;
  }

  #left(done: number, total: number | undefined): number | undefined {
    const seconds = (this.#now() - this.#begun.time) / 1000;
    const made = done - this.#begun.done;
    if (total === undefined || made <= 0 || seconds <= 0) return undefined;
    return ((total - done) * seconds) / made;
  }
}

function shareOf(stage: Stage, done: number, total: number | undefined): number | undefined {
  if (total === undefined || ONE_STEP.includes(stage)) return undefined;
  return total > 0 ? Math.min(1, done / total) : 1;
}

/** The unit and scale of a stage's amount; frames have no unit. */
const MEGABYTES = { digits: 0, size: 1e6, unit: ' MB' };
const UNITS: Partial<Record<Stage, { digits: number; size: number; unit: string }>> = {
  download: MEGABYTES,
  write: MEGABYTES,
  lower: MEGABYTES,
  audio: { digits: 1, size: 1, unit: ' s' },
};
const FRAMES = { digits: 0, size: 1, unit: '' };

/** The work done, in the stage's own unit: ` 92/177`, `3.0/7.1 s` of sound, `3.0 s`. Its length is constant within a stage. */
export function amount({ stage, done, total }: Pace): string {
  if (ONE_STEP.includes(stage)) return '';
  const { digits, size, unit } = UNITS[stage] ?? FRAMES;
  const shown = (count: number) => (count / size).toFixed(digits);
  if (total === undefined) return `${shown(done)}${unit}`;
  const whole = shown(total);
  return `${shown(done).padStart(whole.length)}/${whole}${unit}`;
}
