import { CLOCK } from './clock.js';

/** When the frames of a stream of pace 'live' leave: frame i is due `lead` + i frames after the beginning, and leaves no more than `lead` earlier. */
export class FramePacer {
  readonly #begun = CLOCK.now();
  readonly #frame: number;
  readonly #lead: number;

  constructor(fps: number, lead: number) {
    this.#frame = 1000 / fps;
    this.#lead = lead;
  }

  /** Waits until a frame may leave. Returns the milliseconds by which it is late, 0 if it is not. */
  async wait(index: number, signal: AbortSignal): Promise<number> {
    const earliest = this.#begun + index * this.#frame;
    while (CLOCK.now() < earliest && !signal.aborted) await CLOCK.sleep(earliest - CLOCK.now(), signal);
    return this.late(index);
  }

  /** Milliseconds by which a frame is late now, 0 if it is not. */
  late(index: number): number {
    return Math.max(0, CLOCK.now() - this.#begun - (index + this.#lead) * this.#frame);
  }
}
