/**
 * The contents of a valid pack.json, as types alone: they are public, and whoever uses them needs no zod. What may be in it, down to
 * ranges and descriptions, is said by the schema beside this file. Sizes in pixels, angles in degrees, coordinates in crop units.
 */

/** What is kept of one output of a network: a few numbers that it gives for inputs by formula. */
export interface OutputFingerprint {
  mean: number;
  rms: number;
  values: number[];
}

/** The fingerprint of a network, by the graph's names of its outputs. */
export type Fingerprint = Record<string, OutputFingerprint>;

interface PackFile {
  /** Relative to pack.json. */
  file: string;
  sha256: string;
  bytes: number;
}

/** One network for faces of a pack. */
export interface PackFace extends PackFile {
  /** Where it differs from the licence of the pack. */
  licence?: string | undefined;
}

/** How a graph calls its tensors, by the words that the engine knows them by. */
type Names<Needed extends string, Optional extends string = never> = Record<Needed, string> & {
  [Name in Optional]?: string;
};

/** A network: its file and its tensors. */
interface Role<
  In extends string,
  Out extends string,
  Traced extends string = never,
  Either extends string = never,
> extends PackFace {
  /** The file of large weights beside the graph, where it has one. */
  data?: PackFile | undefined;
  inputs: Names<In, Either>;
  /** Those that need not be here are for traces only. */
  outputs: Names<Out, Traced>;
  fingerprint?: Fingerprint | undefined;
}

/** The motion network's parts, and its heads as they come. */
type MotionParts = 'keypoints' | 'pitch' | 'yaw' | 'roll' | 'translation' | 'expression' | 'scale';
type MotionHeads = 'raw_kp' | 'raw_pitch' | 'raw_yaw' | 'raw_roll' | 'raw_t' | 'raw_exp' | 'raw_scale';
/** What the denoiser takes besides: all of it at once, or what `condition` and `time` made of it. */
type DenoiserWords = 'timestep' | 'audio' | 'condition' | 'time';

interface Roles {
  appearance: Role<'image', 'feature'>;
  motion: Role<'image', MotionParts, MotionHeads>;
  audio: Role<'mel', 'feature'>;
  condition?: Role<'audio', 'condition'> | undefined;
  time?: Role<'timestep', 'time'> | undefined;
  denoiser: Role<'x' | 'canonical' | 'reference', 'noise', never, DenoiserWords>;
  render?: Role<'feature' | 'source' | 'driving', 'image'> | undefined;
  warp?: Role<'feature' | 'source' | 'driving', 'feature', 'deformation' | 'occlusion'> | undefined;
  decode?: Role<'feature', 'image'> | undefined;
  stitching?: Role<'source' | 'driving', 'stitched', 'delta'> | undefined;
  eye?: Role<'source' | 'ratio', 'delta'> | undefined;
  lip?: Role<'source' | 'ratio', 'delta'> | undefined;
}

interface Statistic {
  mean: number[];
  std: number[];
}

interface Sampler {
  /** Sampling steps where the caller does not choose. */
  steps: number;
  /** Frames the denoiser sees at once. */
  window: number;
  /** Whether the denoiser takes no other number of frames. */
  fixedWindow: boolean;
  trainTimesteps: number;
  betaStart: number;
  betaEnd: number;
  /** Variances of the Kalman smoother. */
  smoothing: { process: number; observation: number };
}

/** One rule of `landmarks`: a canonical keypoint is base + sum of weight * mean of the 68-point landmarks. */
export interface LandmarkRule {
  keypoint: number;
  axis: 'x' | 'y';
  /** A number, or the network's own value. */
  base: number | 'keep';
  terms: { points: number[]; axis: 'x' | 'y'; weight: number }[];
}

type RegionPart = { keypoint: number; axes: 'x' | 'y' | 'z' | 'xy' | 'xz' | 'yz' | 'xyz' };

/** Which keypoints make up the regions of expression, and which of their axes. */
export interface Regions {
  /** All that carries expression. */
  exp: RegionPart[];
  lip: RegionPart[];
  eyes: RegionPart[];
}

/** The contents of a valid pack.json. */
export interface PackManifest {
  $schema?: string | undefined;
  format: 1;
  name: string;
  version: string;
  description: string;
  licence: { name: string; text?: string | undefined; nonCommercial: boolean };
  /** Frames a second. */
  fps: number;
  /** How a face is cut out, and the side of the square that is handed to the device. */
  crop: { default: 'ffhq' | 'kdtalker' | 'liveportrait' | 'none'; size: number };
  /** Side of the picture the motion extractor sees. */
  motionSize: number;
  output: { width: number; height: number };
  /** Threads that a network can use; with more, frames are rendered side by side. */
  sessionThreads?: number | undefined;
  roles: Roles;
  sampler: Sampler;
  /** Normalisation of motion and canonical keypoints. */
  statistics: Record<'scale' | 'yaw' | 'pitch' | 'roll' | 't' | 'exp' | 'kp', Statistic>;
  /** What closes the eyes, in expression units, and how far, frame by frame; 1 is closed. */
  blink?: { direction: number[]; template: number[] } | undefined;
  landmarks?: LandmarkRule[] | undefined;
  /** Networks that find faces; the library has its own where the pack has none. */
  faces?: { [Name in 'detector' | 'landmarks106' | 'landmarks203']?: PackFace | undefined } | undefined;
  /** Keypoints whose expression makes up a region; without it LivePortrait's. */
  regions?: Regions | undefined;
}

/** The networks a pack can have. */
export type RoleName = keyof PackManifest['roles'];

/** One network of a pack. */
export type PackRole = NonNullable<PackManifest['roles'][RoleName]>;

/** The networks for faces that a pack can have. */
export type FaceRole = keyof NonNullable<PackManifest['faces']>;
