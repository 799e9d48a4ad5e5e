/**
 * Inclusive bounds that several places check. Native code reads its bounds from native/core/limits.h, which lib/build/limits.ts generates
 * from {@link SHARED_LIMITS}.
 */
type Range = readonly [from: number, to: number];

/** Samples per second of speech: the range of the resampler's filters. */
export const SAMPLE_RATES: Range = [1000, 384_000];
/** Frames per second of a pack. A frame has at least one mel column, and is not much longer than the audio encoder's window. */
export const FPS: Range = [10, 60];
/** Frames of a blink, which are arguments of a kernel: about a second at 60 frames per second. */
export const BLINK_FRAMES: Range = [1, 64];
/** Sampling steps. */
export const STEPS: Range = [1, 1000];
/** Frames per window of the denoiser. */
export const WINDOW: Range = [1, 4096];
/** A side of a pack's pictures in pixels. */
export const PACK_SIDE: Range = [1, 8192];
/** Threads of a network. */
export const THREADS: Range = [1, 256];
/** Megabytes of a GPU's memory that a talker may hold. */
export const DEVICE_MEMORY: Range = [1, 1_000_000];
/** Quality of encoders: x264's and VP9's. */
export const MP4_CRF: Range = [0, 51];
export const WEBM_CRF: Range = [0, 63];
/** The longer side of whole pictures in pixels; encoders take less. */
export const PHOTO_SIDE: Range = [16, 65_536];
/** A side of an encoded frame in pixels; the limit of x264. */
export const VIDEO_SIDE: Range = [2, 16_384];
/** Frames in which the mouth of a stream comes to rest after an interruption. */
export const REST_FRAMES = 4;
/** Frames in which the loop of a stream comes back to its beginning. */
export const JOIN_FRAMES = 8;
/** The largest seed. */
export const MAX_SEED = (1n << 64n) - 1n;

/** x264's presets. */
export const PRESETS = [
  ...['ultrafast', 'superfast', 'veryfast', 'faster', 'fast'],
  ...['medium', 'slow', 'slower', 'veryslow'],
] as const;

/** The bounds shared with native code, by their names there. */
export const SHARED_LIMITS: Readonly<Record<string, number>> = {
  kLeastSampleRate: SAMPLE_RATES[0],
  kMostSampleRate: SAMPLE_RATES[1],
  kLeastFps: FPS[0],
  kMostFps: FPS[1],
  kMostPackSide: PACK_SIDE[1],
  kMostWindow: WINDOW[1],
  kMostBlinkFrames: BLINK_FRAMES[1],
  kRestFrames: REST_FRAMES,
  kJoinFrames: JOIN_FRAMES,
};
