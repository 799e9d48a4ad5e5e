/**
 * Inclusive bounds that more than one place holds. What native code holds too it reads from native/core/limits.h, which
 * lib/build/limits.ts makes of {@link SHARED_LIMITS}.
 */
type Range = readonly [from: number, to: number];

/** Samples a second of speech: what the resampler's filters are made for. */
export const SAMPLE_RATES: Range = [1000, 384_000];
/** Frames of a blink: a kernel has them as arguments, a second at 60 frames a second. */
export const BLINK_FRAMES: Range = [1, 64];
/** Sampling steps. */
export const STEPS: Range = [1, 1000];
/** Frames that the denoiser sees at once. */
export const WINDOW: Range = [1, 4096];
/** Threads of a network. */
export const THREADS: Range = [1, 256];
/** Quality of encoders: x264's and VP9's. */
export const MP4_CRF: Range = [0, 51];
export const WEBM_CRF: Range = [0, 63];
/** A side of an encoded frame, pixels; x264 goes no further. */
export const VIDEO_SIDE: Range = [2, 16_384];
/** The largest seed. */
export const MAX_SEED = (1n << 64n) - 1n;

/** x264's names of effort. */
export const PRESETS = [
  ...['ultrafast', 'superfast', 'veryfast', 'faster', 'fast'],
  ...['medium', 'slow', 'slower', 'veryslow'],
] as const;

/** Those of native code, by their names there. */
export const SHARED_LIMITS: Readonly<Record<string, number>> = {
  kLeastSampleRate: SAMPLE_RATES[0],
  kMostSampleRate: SAMPLE_RATES[1],
  kMostBlinkFrames: BLINK_FRAMES[1],
};
