import type { Frame } from '../clip/clip.js';

/** A picture with the sound that belongs to it. */
export interface StreamFrame extends Frame {
  /**
   * Its 40 ms (at 25 frames a second) of sound, in the format in which it was written; with pace `'live'`, and a reader who was late, also that
   * of the frames that were left out before it.
   */
  sound: Uint8Array;
  /** Whether that was written; false for silence that the stream filled in. */
  speaking: boolean;
  /** Interruptions before it. */
  epoch: number;
}

/** A frame of a stream of pace `'live'` that left later than it was due. */
export interface LateFrame {
  index: number;
  /** How much later. */
  milliseconds: number;
}
