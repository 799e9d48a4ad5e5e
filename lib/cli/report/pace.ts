import { STAGES, type Stage, type StageProgress } from './reporter.js';

/** Stages of which only the beginning and the end are known. */
const ONE_STEP: readonly Stage[] = ['load', 'portrait'];

/** Where a clip is, for people. */
export interface Pace {
  stage: Stage;
  done: number;
  total: number | undefined;
  /** 0 to 1; undefined while nobody knows. */
  share: number | undefined;
  /** Frames per second; undefined for stages that make none. */
  fps: number | undefined;
  /** Seconds until the stage ends; undefined while nobody can tell. */
  left: number | undefined;
}

/**
 * Follows the stages of a pass. Stages overlap (a frame is encoded while the next is rendered and a later window sampled): the one that is
 * furthest on is what people wait for, and the others are passed over.
 */
export class Pacer {
  readonly #now: () => number;
  #stage = -1;
  #begun = { time: 0, done: 0 };

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Undefined for a stage that another has overtaken. */
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

/** How an amount of a stage is shown; frames have no unit. */
const MEGABYTES = { digits: 0, size: 1e6, unit: ' MB' };
const UNITS: Partial<Record<Stage, { digits: number; size: number; unit: string }>> = {
  download: MEGABYTES,
  write: MEGABYTES,
  lower: MEGABYTES,
  audio: { digits: 1, size: 1, unit: ' s' },
};
const FRAMES = { digits: 0, size: 1, unit: '' };

/** Work done, in the stage's own unit: ` 92/177`, `3.0/7.1 s` of sound, `3.0 s`; as long at the end as at the beginning. */
export function amount({ stage, done, total }: Pace): string {
  if (ONE_STEP.includes(stage)) return '';
  const { digits, size, unit } = UNITS[stage] ?? FRAMES;
  const shown = (count: number) => (count / size).toFixed(digits);
  if (total === undefined) return `${shown(done)}${unit}`;
  const whole = shown(total);
  return `${shown(done).padStart(whole.length)}/${whole}${unit}`;
}
