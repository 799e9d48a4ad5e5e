import { z } from 'zod';
import type { NativeRunOptions } from '../../binding.js';
import { invalidArgument } from '../../errors.js';
import { SAMPLE_RATES } from '../../limits.js';
import type { PcmFormat } from '../../media/index.js';
import type { PackManifest } from '../../packs/pack.js';
import { lipMask } from '../../packs/regions.js';
import { integer, oneOf, parseOptions } from '../../validate.js';
import { type AnimateOptions, type ClipSubject, planClip } from '../clip/clip-options.js';
import { clipSchema } from '../clip/clip-schema.js';
import { loopFrames } from './idle-loop.js';

/** Frames for computing, unless a stream says otherwise. */
const LEAD = 3;

/** How the sound of a stream is given. */
export interface StreamSoundOptions {
  /** Samples a second, a multiple of the pack's frame rate: 1000 to 384000, default 16000. */
  rate?: number | undefined;
  /** 1 (default) or 2, interleaved; the mouth follows their mean. */
  channels?: 1 | 2 | undefined;
  /** Signed 16-bit integers (default) or floats from -1 to 1, little-endian. */
  format?: 's16le' | 'f32le' | undefined;
}

/** How a stream sounds and moves. The options of {@link AnimateOptions} mean the same, except where it says otherwise. */
export interface StreamOptions
  extends Pick<
    AnimateOptions,
    | 'seed'
    | 'mode'
    | 'still'
    | 'poseScale'
    | 'poseOffset'
    | 'expressionScale'
    | 'blink'
    | 'region'
    | 'stitch'
    | 'frame'
    | 'tenant'
    | 'priority'
    | 'signal'
  > {
  /** How {@link TalkStream.write} gets its sound. */
  sound?: StreamSoundOptions | undefined;
  /** Frames that are decided at a time: 1 to 64, default 4. Fewer answer sooner and cost more. */
  hop?: number | undefined;
  /** Frames that are heard beyond these, so that the mouth knows where it is going: 0 to 32, default 2. */
  ahead?: number | undefined;
  /** Sampling steps of the lips; those of the head are the pack's. Default 10. */
  steps?: number | undefined;
  /**
   * Frames of a voice that are heard before head and eyes are planned again: 1 to 4096, default 4. Each time costs a window of the pack's
   * steps; more frames cost less, and the head follows the voice less. Silence is not planned again.
   */
  replan?: number | undefined;
  /** Frames of a window; more than hop and ahead together. For packs whose denoiser accepts any number; default: the pack's. */
  window?: number | undefined;
  /**
   * Moves the mouth to rest during silence: true (default), false, or options. The loudest frame is not known in advance: the threshold is
   * relative to a peak that decays by 3 dB a second. The mouth wakes no more than `ahead + 2` frames before speech.
   */
  silenceGate?: AnimateOptions['silenceGate'];
  /**
   * `'input'` (default): a frame for each 40 ms of sound, as fast as it is read. `'live'`: a frame every 40 ms from the first one on, whether
   * anybody speaks or not. Sound is taken as it comes; a source that falls behind, or runs ahead, is corrected while it is silent.
   */
  pace?: 'live' | 'input' | undefined;
  /** With pace `'live'`: frames that one may leave before it is due, the time for computing: 1 to 25, default 3. */
  lead?: number | undefined;
  /**
   * With pace `'live'`, what is shown while nobody speaks: `'model'` (default) moves on as the model moves in silence; `'still'` shows the
   * last frame again, which costs nothing, once the mouth has come to rest; `'loop'` repeats ten seconds of the model's life, which come
   * back to their beginning without a jump: pictures that are made once, kept with the portrait, and shown again in later silences and by
   * later streams that look alike.
   */
  idle?: 'model' | 'still' | 'loop' | undefined;
  /** Layout of {@link Frame.data}, default `'rgb24'`. */
  format?: 'rgb24' | 'yuv420p' | 'nv12' | undefined;
}

const streamSchema = clipSchema
  .pick({
    seed: true,
    mode: true,
    still: true,
    poseScale: true,
    poseOffset: true,
    expressionScale: true,
    blink: true,
    region: true,
    stitch: true,
    frame: true,
    tenant: true,
    priority: true,
    signal: true,
    window: true,
    silenceGate: true,
  })
  .extend({
    sound: z
      .strictObject(
        {
          rate: integer(...SAMPLE_RATES).default(16_000),
          channels: z.union([z.literal(1), z.literal(2)], { error: '1 or 2' }).default(1),
          format: oneOf('s16le', 'f32le').default('s16le'),
        },
        { error: 'an object with rate, channels and format' },
      )
      .prefault({}),
    hop: integer(1, 64).default(4),
    ahead: integer(0, 32).default(2),
    steps: integer(1, 1000).default(10),
    replan: integer(1, 4096).default(4),
    pace: oneOf('live', 'input').default('input'),
    lead: integer(1, 25).optional(),
    idle: oneOf('model', 'still', 'loop').optional(),
    format: oneOf('rgb24', 'yuv420p', 'nv12').default('rgb24'),
  });

/** Validated options of a stream. */
export interface StreamPlan {
  native: NativeRunOptions;
  sound: PcmFormat;
  hop: number;
  ahead: number;
  pace: 'live' | 'input';
  lead: number;
  idle: 'model' | 'still' | 'loop';
  /** Frames of the loop, and after which what is shown repeats; undefined without one. */
  loop: { frames: number; period: number } | undefined;
  format: 'rgb24' | 'yuv420p' | 'nv12';
  signal: AbortSignal | undefined;
}

/**
 * Checks the options of `stream()` against the pack.
 *
 * @throws INVALID_ARGUMENT
 */
export function planStream(options: StreamOptions, manifest: PackManifest, subject: ClipSubject): StreamPlan {
  const gated = isObject(options) ? { silenceGate: true, ...options } : options;
  const given = parseOptions(streamSchema, gated, 'the options of stream()');
  const { sound, hop, ahead, steps, replan, format, pace, lead, idle, ...clip } = given;
  const { native, signal } = planClip({ ...clip, steps }, manifest, false, subject);
  checkRate(sound.rate, manifest);
  checkReach(hop + ahead, native.window);
  for (const [name, value] of Object.entries({ lead, idle }))
    if (pace === 'input' && value !== undefined)
      throw invalidArgument("none without pace 'live'", name, value);
  const { silence } = native;
  // The gate of a clip may open as early as it wants; here no more is known.
  const attack = Math.min(silence?.attack ?? 0, ahead + 2);
  const paced = pace === 'live';
  const { period } = subject;
  const loop = idle === 'loop' ? { frames: loopFrames(manifest.fps, period), period } : undefined;
  const planSteps = manifest.sampler.steps;
  const stream = { hop, ahead, planSteps, replan, fast: lipMask(manifest), paced };
  return {
    native: { ...native, silence: silence && { ...silence, attack }, stream },
    sound,
    hop,
    ahead,
    pace,
    lead: lead ?? LEAD,
    idle: idle ?? 'model',
    loop,
    format,
    signal,
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function checkRate(rate: number, { fps }: PackManifest): void {
  if (rate % fps === 0) return;
  throw invalidArgument(
    `a multiple of ${fps}, so that each frame has as many samples,`,
    'rate of the sound',
    rate,
  );
}

function checkReach(reach: number, window: number): void {
  if (reach < window) return;
  throw invalidArgument(`less than the window, ${window}, in all`, 'hop and ahead', reach);
}
