/** When and how the mouth comes to rest during silence. Frames with speech never change. */
export interface SilenceGateOptions {
  /** Frames below this level, in decibels relative to the loudest frame, are silent: -80 to 0, default -30. */
  threshold?: number | undefined;
  /** Decibels above the threshold at which a silence ends, so that a level near it does not flutter: 0 to 40, default 6. */
  hysteresis?: number | undefined;
  /** Seconds of silence before the mouth moves to rest: 0 to 60, default 0.3. Shorter pauses do not change. */
  after?: number | undefined;
  /** Frames in which the mouth wakes before speech resumes: 0 to 250, default 4 at 25 frames a second, 0.16 s at others. */
  attack?: number | undefined;
  /** Frames in which it comes to rest: 0 to 250, default 8 at 25 frames a second, 0.32 s at others. */
  release?: number | undefined;
}
