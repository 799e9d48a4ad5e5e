import { KdtalkerError } from '../../errors.js';
import type { LivePace } from './live-pace.js';
import type { StreamFrame } from './stream-frame.js';

/** Milliseconds by which a reader may be late before it gets fewer pictures, and before it gets none. */
const PATIENCE = 500;
const MOST = 5000;

/** A reader of a stream of pace 'live' who falls behind: he loses pictures, and never sound. */
export class LateReader {
  readonly #pace: LivePace;
  readonly #frame: number;
  /** Frames before this one are left out. */
  #from = 0;

  constructor(pace: LivePace, fps: number) {
    this.#pace = pace;
    this.#frame = 1000 / fps;
  }

  /** The reader asks for a frame. @throws TOO_SLOW if that is far too late */
  asks(index: number): void {
    const late = this.#pace.late(index);
    if (late > MOST)
      throw new KdtalkerError(
        'TOO_SLOW',
        `Expected a reader that takes a frame every ${this.#frame} ms but it is ${(late / 1000).toFixed(1)} s late. Read faster, or use pace 'input'`,
      );
    if (late > PATIENCE) this.#from = index + Math.floor(late / this.#frame);
  }

  /** The first frame that is not left out. */
  get from(): number {
    return this.#from;
  }

  leavesOut(index: number): boolean {
    return index < this.#from;
  }
}

/** A frame with the sound of those before it that were left out. */
export function withSoundOf(before: StreamFrame | undefined, frame: StreamFrame): StreamFrame {
  if (before === undefined) return frame;
  const sound = new Uint8Array(before.sound.length + frame.sound.length);
  sound.set(before.sound);
  sound.set(frame.sound, before.sound.length);
  return { ...frame, sound, speaking: before.speaking || frame.speaking };
}
