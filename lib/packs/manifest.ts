/**
 * The contents of a valid pack.json, as types only: they are public, and their users do not need zod. The schema beside this file
 * defines ranges and descriptions. Sizes in pixels, angles in degrees, coordinates in crop units.
 */

/** The fingerprint of one output of a network: a few of its numbers for inputs by formula. */
export interface OutputFingerprint {
  mean: number;
  rms: number;
  values: number[];
}

/** The fingerprint of a network, by the names of its outputs in the graph. */
export type Fingerprint = Record<string, OutputFingerprint>;

interface PackFile {
  /** Relative to pack.json. */
  file: string;
  sha256: string;
  bytes: number;
}

/** One network for faces of a pack. */
export interface PackFace extends PackFile {
  /** Present when it differs from the licence of the pack. */
  licence?: string | undefined;
}

/** A graph's names for its tensors, by the engine's names. */
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
  /** The file of large weights beside the graph, if any. */
  data?: PackFile | undefined;
  inputs: Names<In, Either>;
  /** The optional tensors are for traces only, but `field`: how the renderer moves the picture. */
  outputs: Names<Out, Traced>;
  fingerprint?: Fingerprint | undefined;
}

/** The motion network's parts, and its raw heads. */
type MotionParts = 'keypoints' | 'pitch' | 'yaw' | 'roll' | 'translation' | 'expression' | 'scale';
type MotionHeads = 'raw_kp' | 'raw_pitch' | 'raw_yaw' | 'raw_roll' | 'raw_t' | 'raw_exp' | 'raw_scale';
/** The denoiser's other inputs: either all raw inputs, or the outputs of `condition` and `time`. */
type DenoiserWords = 'timestep' | 'audio' | 'condition' | 'time';

interface Roles {
  appearance: Role<'image', 'feature'>;
  motion: Role<'image', MotionParts, MotionHeads>;
  audio: Role<'mel', 'feature'>;
  condition?: Role<'audio', 'condition'> | undefined;
  time?: Role<'timestep', 'time'> | undefined;
  denoiser: Role<'x' | 'canonical' | 'reference', 'noise', never, DenoiserWords>;
  render?: Role<'feature' | 'source' | 'driving', 'image', 'field'> | undefined;
  /** The output `field` of `render` without the picture. */
  field?: Role<'feature' | 'source' | 'driving', 'field'> | undefined;
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
  /** Default number of sampling steps. */
  steps: number;
  /** Frames in one window of the denoiser. */
  window: number;
  /** Whether the denoiser accepts only this number of frames. */
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
  /** All keypoints that carry expression. */
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
  /** Frames per second. */
  fps: number;
  /** The kind of crop, and the side of the square for the device. */
  crop: { default: 'ffhq' | 'kdtalker' | 'liveportrait' | 'none'; size: number };
  /** Side of the motion extractor's input picture. */
  motionSize: number;
  output: { width: number; height: number };
  /**
   * What frames show where the caller does not choose, without it `'crop'`; and the mask with which a crop is pasted into its picture: it
   * rises between these two distances from the crop's edge, in 512ths of its side, without it from 20 to 80. Narrow if the pack's border
   * stands still.
   */
  frame?: { default: 'crop' | 'full'; feather: [number, number] } | undefined;
  /** Threads that one network can use; more threads render frames in parallel. */
  sessionThreads?: number | undefined;
  roles: Roles;
  sampler: Sampler;
  /** Normalisation of motion and canonical keypoints. */
  statistics: Record<'scale' | 'yaw' | 'pitch' | 'roll' | 't' | 'exp' | 'kp', Statistic>;
  /** The expression that closes the eyes, in expression units, and the closing of each frame; 1 is closed. */
  blink?: { direction: number[]; template: number[] } | undefined;
  landmarks?: LandmarkRule[] | undefined;
  /** Networks that find faces; without them the library uses its own. */
  faces?: { [Name in 'detector' | 'landmarks106' | 'landmarks203']?: PackFace | undefined } | undefined;
  /** Keypoints whose expression makes up a region; default: LivePortrait's. */
  regions?: Regions | undefined;
  /** Channels of the audio features in which the curves of the mouth and the chances of the classes of visemes begin. */
  visemes?: { curves: number; classes: number } | undefined;
}

/** The networks a pack can have. */
export type RoleName = keyof PackManifest['roles'];

/** One network of a pack. */
export type PackRole = NonNullable<PackManifest['roles'][RoleName]>;

/** The networks for faces that a pack can have. */
export type FaceRole = keyof NonNullable<PackManifest['faces']>;
