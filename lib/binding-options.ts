/** Plain data that the binding passes to the engine, and back. */
import type { Picture } from './picture.js';

/** native/engine/options.h SilenceOptions: decibels and frames; `lips` [70] of 1 and 0. */
export interface NativeSilenceOptions {
  threshold: number;
  hysteresis: number;
  lowest: number;
  wait: number;
  release: number;
  attack: number;
  lips: Uint8Array;
}

/** native/engine/options.h RunOptions. Angles in degrees, `poseOffset` is yaw, pitch, roll. */
export interface NativeRunOptions {
  seed: bigint;
  steps: number;
  window: number;
  ddpm: boolean;
  eta: number;
  relative: boolean;
  poseScale: number;
  expressionScale: number;
  poseOffset: Float32Array;
  smoothing: number;
  blink: 'model' | 'off' | 'periodic';
  /** [70] of 1 (follows the driver) and 0; undefined: everything follows. */
  region: Uint8Array | undefined;
  /** [1 or frames, 70]: factor for the scale, and numbers to add to all others; empty: no edit. */
  edits: Float32Array;
  silence: NativeSilenceOptions | undefined;
  stitch: boolean;
  /** Target ratios, one for all frames or one for each; empty: unchanged. */
  eyes: Float32Array;
  lips: Float32Array;
  /** For speech whose end is not known. */
  stream?: NativeStreamOptions | undefined;
  /** Frames are the portrait's whole photo. */
  full: boolean;
  tenant: string;
  priority: number;
}

/** native/engine/options.h StreamOptions: frames; `fast` [70] of 1 and 0. */
export interface NativeStreamOptions {
  hop: number;
  ahead: number;
  planSteps: number;
  replan: number;
  /** Frames have to be made as fast as they play. */
  paced: boolean;
  fast: Uint8Array;
}

/** native/engine/loop_join.h LoopJoin: rows of 70 numbers of normalised motion. */
export interface NativeLoopJoin {
  /** The first frame of the join. */
  frame: number;
  /** Of the loop in the join's frames and behind them. */
  motion: Float32Array;
  /** Added to the number of a frame behind the join: that of its blinks. */
  clock: number;
}

/** native/engine/loop_join.h LoopPast: what was shown of a loop before a frame. */
export interface NativeLoopPast {
  motion: Float32Array;
  /** Added to the numbers of frames: those of their blinks, which from `join` on go over to those by `behind`. */
  clock: number;
  join: number;
  behind: number;
}

/** native/engine/options.h TraceOptions. */
export interface NativeTraceOptions {
  run: NativeRunOptions;
  /** [windows, window, 70]; empty: the seed's. */
  noise: Float32Array;
  frames: number[];
}

/** What a talker's lanes do and have done (native/engine/lanes.h Stats). */
export interface NativeLanes {
  lanes: number;
  streams: number;
  /** Of the lanes, by streams. */
  load: number;
  late: number;
  underruns: number;
  /** Files. */
  running: number;
  queued: number;
  /** Until the files are done. */
  seconds: number;
  /** Milliseconds of a frame, and of a step of sampling; 0: not measured. */
  frame: number;
  step: number;
  errors: number;
  portraits: number;
}

/** The layout of an operator's weights; native/ops/weight_layout.h WeightLayout. */
export interface NativeWeightLayout {
  operator: string;
  precision: 'fp32' | 'bf16';
  outputs: number;
  inputs: number;
  kernel: readonly number[];
  algorithm?: string;
  factor?: number;
}

/** native/engine/options.h PortraitOptions. */
export interface NativePortraitOptions {
  /** cropSize squared. */
  crop: Picture;
  /** [2, 63]: factors for the motion network's keypoint values, then the numbers to add. */
  keypoints: Float32Array;
  /** How far left eye, right eye and lips are open; empty if unknown. */
  ratios: Float32Array;
  /** Undefined: frames can only be crops. */
  photo: NativePhoto | undefined;
}

/** native/stages/paste.h PhotoPixels. */
export interface NativePhoto {
  picture: Picture;
  /** Row-major 2x3: pixel indices of a rendered crop to those of the photo. */
  toPhoto: Float64Array;
}

/** native/core/ceiling.h: GFLOP/s of a loop of multiply-adds on registers, on one core and on all. */
export interface Ceiling {
  precision: 'fp32' | 'bf16';
  unit: 'portable' | 'avx2' | 'avx512f' | 'avx512bf16';
  oneCore: number;
  allCores: number;
}

/** The instruction set of the CPU kernels: portable, avx2, avx512 or avx512bf16; and whether precision bf16 works. */
export interface CpuFeatures {
  isa: string;
  bf16: boolean;
}
