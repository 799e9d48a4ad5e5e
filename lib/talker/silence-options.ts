/** When and how the mouth comes to rest where nobody speaks. Speech itself is never touched. */
export interface SilenceGateOptions {
  /** Frames so many decibels below the loudest are silent: -80 to 0, default -30. */
  threshold?: number | undefined;
  /** Decibels above the threshold at which a silence ends, so that a level near it does not flutter: 0 to 40, default 6. */
  hysteresis?: number | undefined;
  /** Seconds that a silence lasts before anything happens: 0 to 60, default 0.3. Pauses that are shorter stay as they are. */
  after?: number | undefined;
  /** Frames in which the mouth wakes before speech goes on: 0 to 250, default 4 at 25 frames a second, 0.16 s at others. */
  attack?: number | undefined;
  /** Frames in which it comes to rest: 0 to 250, default 8 at 25 frames a second, 0.32 s at others. */
  release?: number | undefined;
}
