import { CLOCK } from './clock.js';
import type { PacedFeed } from './paced-feed.js';

/**
 * When the frames of a stream of pace 'live' leave: frame i is due `lead` + i frames after the beginning, and leaves no more than `lead`
 * earlier. Frames that are shown again while the stream holds still count, so that the reader's numbers are ahead of the engine's.
 */
export class LivePace {
  readonly #feed: PacedFeed;
  readonly #signal: AbortSignal;
  readonly #begun = CLOCK.now();
  readonly #frame: number;
  readonly #lead: number;
  /** Frames that were shown again. */
  #again = 0;

  constructor(feed: PacedFeed, fps: number, lead: number, signal: AbortSignal) {
    this.#feed = feed;
    this.#frame = 1000 / fps;
    this.#lead = lead;
    this.#signal = signal;
  }

  /** The reader's number of an engine's frame. */
  numberOf(frame: number): number {
    return frame + this.#again;
  }

  /** The place in a loop of the frame that is shown again now. */
  get place(): number {
    return this.#feed.stillness.place;
  }

  /** This engine's frame, or the last one before it that needs no more sound; none if frames may be shown again before it. */
  reachable(frame: number): number {
    return this.#feed.stillness.any ? 0 : Math.min(frame, this.#feed.computable);
  }

  /** Waits until the next frame may leave. Whether that is the last one again, and not the engine's next. */
  async holds(next: () => number): Promise<boolean> {
    const number = this.numberOf(next());
    await this.#wait(number);
    await this.#feed.reached(number, this.#signal);
    if (next() === 0 || !this.#feed.stillness.shows(next())) return false;
    this.#again += 1;
    return true;
  }

  /** The milliseconds by which a frame is late that leaves now; 0 if it is not. */
  late(number: number): number {
    return Math.max(0, CLOCK.now() - this.#begun - (number + this.#lead) * this.#frame);
  }

  async #wait(number: number): Promise<void> {
    const earliest = this.#begun + number * this.#frame;
    while (CLOCK.now() < earliest && !this.#signal.aborted)
      await CLOCK.sleep(earliest - CLOCK.now(), this.#signal);
  }
}
