import type { NativeRunOptions } from '../../binding.js';
import { invalidArgument } from '../../errors.js';
import type { PackManifest, RoleName } from '../../packs/pack.js';
import { type Region, regionMask } from '../../packs/regions.js';
import { parseOptions } from '../../validate.js';
import type { Progress } from '../host/progress.js';
import { MOTION_SIZE, type MotionEdit, type PerFrame } from '../motion/edit-options.js';
import { checkFrames, editRows } from '../motion/motion-edit.js';
import { clipSchema } from './clip-schema.js';
import { planSilence } from './silence-gate.js';
import type { SilenceGateOptions } from './silence-options.js';

/** How a clip moves. Every option has a default; angles are degrees. */
export interface AnimateOptions {
  /** The same seed gives the same bytes, another seed another head motion. An integer of 0 or more; default 0. */
  seed?: number | bigint | undefined;
  /** Sampling steps, 1 to the pack's training steps (1000). Default: the pack's, 50. */
  steps?: number | undefined;
  /** Frames sampled at a time, for packs whose denoiser accepts any number. Default: the pack's, 64. */
  window?: number | undefined;
  /** `'ddim'` (default) or `'ddpm'`, which adds new noise at each step (paper eq. 4). */
  sampler?: 'ddim' | 'ddpm' | undefined;
  /** Share of new noise in DDIM, 0 (default) to 1. */
  eta?: number | undefined;
  /**
   * `'absolute'` uses the predicted pose, `'relative'` adds its change since the first frame to the portrait's pose. Default `'absolute'`;
   * for a source video `'relative'`, so that the head still moves as in the video.
   */
  mode?: 'absolute' | 'relative' | undefined;
  /** Keeps the head still, as in the portrait; only the face moves. Default false. */
  still?: boolean | undefined;
  /** Factor for the distance of the head from the portrait's pose: 0 to 3, default 1. */
  poseScale?: number | undefined;
  /** Turns the head by these angles in degrees, -30 to 30 each. Default 0. */
  poseOffset?:
    | { yaw?: number | undefined; pitch?: number | undefined; roll?: number | undefined }
    | undefined;
  /** Strength of the expression, 0 to 3, default 1. */
  expressionScale?: number | undefined;
  /**
   * Strength of temporal smoothing: 0 is none, 1 as published, up to 100. Default 1 for speech; 0 for a {@link Motion}, which is already
   * smoothed.
   */
  smoothing?: number | undefined;
  /** `'model'` (default): the model's blinks; `'periodic'`: about every 3.6 s, at times that depend on the seed; `'off'`: none. */
  blink?: 'model' | 'periodic' | 'off' | undefined;
  /**
   * What follows the speech or the motion: `'all'` (default); `'exp'`, the expression; `'pose'`, the angles and position of the head;
   * `'lip'` or `'eyes'`, the expression of lips or eyes. Everything else stays as in the portrait. Your own changes (`edit`, `poseOffset`,
   * `blink`) are added on top.
   */
  region?: Region | undefined;
  /** Changes of pose and expression, for all frames or frame by frame. Default none. */
  edit?: MotionEdit | undefined;
  /**
   * Moves the mouth to rest during silence: false (default), true, or options. For speech only. Off by default, so that the motion is
   * exactly that of the published model.
   */
  silenceGate?: boolean | SilenceGateOptions | undefined;
  /**
   * Which track of sound of the speech's file, 0 the first; for speech only. Default: the one that the file marks as default, else the
   * first.
   */
  soundTrack?: number | undefined;
  /**
   * Keeps shoulders and neck in place with the pack's stitching network, as a crop needs that is pasted back into its picture. Default:
   * true for whole pictures if the pack has that network, as in LivePortrait; otherwise false, as in the published inference, which
   * renders only the crop.
   */
  stitch?: boolean | undefined;
  /**
   * How far to open the eyes, with the pack's retargeting network: a ratio as in {@link Portrait.ratios}, 0 (shut) to 2; one for all
   * frames or one for each. Default: as in the motion.
   */
  eyes?: PerFrame | undefined;
  /** How far to open the lips, like `eyes`. */
  lips?: PerFrame | undefined;
  /**
   * A frame shows the `'crop'`, the face as the pack renders it; or with `'full'` the whole picture, of the portrait's `photo` size, with
   * the crop pasted back through a feathered mask. Default: what the pack says, `'full'` for the puppet and `'crop'` for the published
   * model; a portrait that does not keep its photo has only crops.
   */
  frame?: 'crop' | 'full' | undefined;
  /**
   * For whom it works: the talker serves tenants alike, or by the weights of `Talker.load()`, however many clips each has. Text; default ''.
   */
  tenant?: string | undefined;
  /** Of a tenant's clips those of the highest priority are first, then those that came first: -1000 to 1000, default 0. */
  priority?: number | undefined;
  /** Stops all work on the clip; pending promises reject with ABORTED. */
  signal?: AbortSignal | undefined;
  /** Called with every progress event. Errors that it throws are ignored. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** Validated options: those for native code, and those used only in JavaScript. */
export interface ClipPlan {
  native: NativeRunOptions;
  /** For opening the speech. */
  soundTrack: number | undefined;
  signal: AbortSignal | undefined;
  onProgress: ((progress: Progress) => void) | undefined;
}

/** What a clip animates: a source video or a portrait, which may have no whole picture. */
export interface ClipSubject {
  video: boolean;
  photo: boolean;
  /** Frames after which the pictures of a source video repeat; 1 for a portrait. */
  period: number;
}

/**
 * Checks the options of `animate()` against the pack, for speech or a motion, and for a portrait or a source video. Throws
 * INVALID_ARGUMENT.
 */
export function planClip(
  options: AnimateOptions,
  manifest: PackManifest,
  replay: boolean,
  { video, photo }: ClipSubject = { video: false, photo: false, period: 1 },
): ClipPlan {
  const given = parseOptions(clipSchema, options, 'the options of animate()');
  const { yaw = 0, pitch = 0, roll = 0 } = given.poseOffset;
  const full = (given.frame ?? (photo ? manifest.frame?.default : 'crop')) === 'full';
  checkBlink(given.blink, manifest);
  checkRetargeting(given, manifest);
  const { soundTrack } = given;
  if (replay && soundTrack !== undefined)
    throw invalidArgument('none with a motion', 'soundTrack', soundTrack);
  return {
    soundTrack,
    native: {
      seed: given.seed,
      steps: checkSteps(given.steps ?? manifest.sampler.steps, manifest),
      window: checkWindow(given.window ?? manifest.sampler.window, manifest),
      ddpm: given.sampler === 'ddpm',
      eta: given.eta,
      relative: (given.mode ?? (video ? 'relative' : 'absolute')) === 'relative',
      poseScale: given.still ? 0 : given.poseScale,
      poseOffset: Float32Array.of(yaw, pitch, roll),
      expressionScale: given.expressionScale,
      smoothing: given.smoothing ?? (replay ? 0 : 1),
      blink: given.blink,
      region: regionMask(given.region, manifest),
      edits: editRows(given.edit),
      silence: planSilence(given.silenceGate, manifest, replay),
      stitch: given.stitch ?? (full && manifest.roles.stitching !== undefined),
      eyes: given.eyes ?? new Float32Array(),
      lips: given.lips ?? new Float32Array(),
      full,
      tenant: given.tenant,
      priority: given.priority,
    },
    signal: given.signal,
    onProgress: given.onProgress,
  };
}

function checkSteps(steps: number, { sampler, name }: PackManifest): number {
  if (steps <= sampler.trainTimesteps) return steps;
  throw invalidArgument(`an integer from 1 to ${sampler.trainTimesteps}`, `steps with pack '${name}'`, steps);
}

function checkWindow(window: number, { sampler, name }: PackManifest): number {
  if (!sampler.fixedWindow || window === sampler.window) return window;
  throw invalidArgument(
    `${sampler.window}, the only window the denoiser of pack '${name}' takes,`,
    'window',
    window,
  );
}

function checkBlink(blink: string, manifest: PackManifest): void {
  if (blink === 'model' || manifest.blink !== undefined) return;
  throw invalidArgument(
    "'model', as this pack does not say what a blink is,",
    `blink with pack '${manifest.name}'`,
    blink,
  );
}

/** The network that each of these options needs. */
const RETARGETING = { stitch: 'stitching', eyes: 'eye', lips: 'lip' } as const satisfies Record<
  string,
  RoleName
>;

function checkRetargeting(
  given: { stitch?: boolean | undefined; eyes?: unknown; lips?: unknown },
  { name, roles }: PackManifest,
): void {
  for (const [option, role] of Object.entries(RETARGETING)) {
    const value = given[option as keyof typeof RETARGETING];
    if (value === undefined || value === false || roles[role] !== undefined) continue;
    throw invalidArgument(
      `none, as this pack has no network '${role}',`,
      `${option} with pack '${name}'`,
      value,
    );
  }
}

/** Checks that the portrait has ratios of eyes and lips, if options move these. @throws INVALID_ARGUMENT */
export function checkRatios({ eyes, lips }: NativeRunOptions, ratios: unknown): void {
  if (ratios !== undefined || eyes.length + lips.length === 0) return;
  throw invalidArgument(
    "a portrait with landmarks (any crop but 'none')",
    eyes.length > 0 ? 'eyes' : 'lips',
    ratios,
  );
}

/** Checks that options given frame by frame have as many frames as the clip. @throws INVALID_ARGUMENT */
export function checkFrameCounts({ edits, eyes, lips }: NativeRunOptions, frames: number): void {
  checkFrames(edits.length / MOTION_SIZE, frames, 'the frames of edit');
  checkFrames(eyes.length, frames, 'the values of eyes');
  checkFrames(lips.length, frames, 'the values of lips');
}
