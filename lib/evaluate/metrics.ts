/** A network of others that measures. */
export type Judge = 'syncnet' | 'hopenet' | 'inception' | 'arcface';

/** One number that is measured of a video. */
export interface Metric {
  /** The head of its column. */
  readonly title: string;
  /** One sentence on what it shows. */
  readonly shows: string;
  /** Which direction is better; undefined where the real video's value is. */
  readonly better?: 'higher' | 'lower';
  /** Digits after the point in tables. */
  readonly digits: number;
  readonly unit?: string;
  /** What the paper reports for real videos and for its model. */
  readonly paper?: { readonly real?: number; readonly kdtalker?: number };
  /** A judge without which it is not measured. */
  readonly judge?: Judge;
}

/** All metrics by their names in files, in the order of columns. */
export const METRICS = {
  cpbd: {
    title: 'CPBD',
    shows: 'sharpness: the share of edges whose blur is not noticed',
    better: 'higher',
    digits: 3,
    paper: { real: 0.353 },
  },
  lmd: {
    title: 'LMD',
    shows: "distance of 20 mouth points to the real frame's, over that of the outer eye corners",
    better: 'lower',
    digits: 4,
  },
  lmdFace: { title: 'LMD face', shows: 'the same for 68 points of the face', better: 'lower', digits: 4 },
  lipDynamics: { title: 'Lip dynamics', shows: 'how much the lips change their shape', digits: 3 },
  lipDynamicsScore: {
    title: 'Lip dynamics score',
    shows: 'lip dynamics against the real video: 1 is equal',
    better: 'higher',
    digits: 3,
  },
  browDynamics: { title: 'Brow dynamics', shows: 'how much the eyebrows move', digits: 5 },
  browDynamicsScore: {
    title: 'Brow dynamics score',
    shows: 'brow dynamics against the real video: 1 is equal',
    better: 'higher',
    digits: 3,
  },
  silentLips: {
    title: 'Silent lips',
    shows: 'how much the lips move during silence',
    better: 'lower',
    digits: 5,
  },
  silentLipsScore: {
    title: 'Silent lips score',
    shows: 'silent lips against the real video: 1 is equal',
    better: 'higher',
    digits: 3,
  },
  lipSync: {
    title: 'Lip-sync',
    shows: "difference of the mouth's opening and the loudness",
    better: 'lower',
    digits: 4,
  },
  lipSyncScore: {
    title: 'Lip-sync score',
    shows: 'lip-sync against the real video: 1 is equal',
    better: 'higher',
    digits: 3,
  },
  mouthOffset: {
    title: 'Mouth offset',
    shows: "frames by which the sound must be moved later to fit the mouth's opening",
    digits: 2,
    unit: 'frames',
  },
  soundOffset: {
    title: 'Sound offset',
    shows: "frames by which the video's sound must be moved later to fit the speech",
    digits: 2,
    unit: 'frames',
  },
  poseDeviation: {
    title: 'Pose',
    shows: "deviation of yaw, pitch and roll over time, as the pack's motion network sees them; the mean",
    digits: 3,
    unit: 'degrees',
  },
  beatAlignment: {
    title: 'Beats',
    shows: 'how well beats of motion fit those of the speech',
    better: 'higher',
    digits: 3,
  },
  faces: {
    title: 'Faces',
    shows: 'the share of frames in which a face was found',
    better: 'higher',
    digits: 3,
  },
  seconds: { title: 'Length', shows: 'the length of the video', digits: 2, unit: 's' },
  fps: {
    title: 'FPS',
    shows: 'frames generated per second, by times.json',
    better: 'higher',
    digits: 2,
    paper: { kdtalker: 21.678 },
  },
  fpsWhole: {
    title: 'FPS whole',
    shows: 'frames per second from the inputs to the finished file, by times.json',
    better: 'higher',
    digits: 2,
  },
  lseC: {
    title: 'LSE-C',
    shows: "SyncNet's confidence",
    better: 'higher',
    digits: 3,
    judge: 'syncnet',
    paper: { real: 8.243, kdtalker: 7.326 },
  },
  lseD: {
    title: 'LSE-D',
    shows: "SyncNet's distance",
    better: 'lower',
    digits: 3,
    judge: 'syncnet',
    paper: { real: 6.929 },
  },
  lseOffset: {
    title: 'LSE offset',
    shows: 'frames by which the sound must be moved later to be in step, by SyncNet',
    digits: 2,
    unit: 'frames',
    judge: 'syncnet',
  },
  diversity: {
    title: 'Diversity',
    shows: "deviation of Hopenet's raw outputs over time",
    better: 'higher',
    digits: 3,
    judge: 'hopenet',
    paper: { real: 0.639 },
  },
  diversityYaw: {
    title: 'Diversity of yaw',
    shows: 'the same for yaw alone',
    better: 'higher',
    digits: 3,
    judge: 'hopenet',
  },
  diversityPitch: {
    title: 'Diversity of pitch',
    shows: 'the same for pitch alone',
    better: 'higher',
    digits: 3,
    judge: 'hopenet',
  },
  diversityRoll: {
    title: 'Diversity of roll',
    shows: 'the same for roll alone',
    better: 'higher',
    digits: 3,
    judge: 'hopenet',
  },
  headYaw: {
    title: 'Head yaw',
    shows: "deviation of the head's yaw over time, as Hopenet sees it",
    digits: 2,
    unit: 'degrees',
    judge: 'hopenet',
  },
  headPitch: {
    title: 'Head pitch',
    shows: "deviation of the head's pitch over time, as Hopenet sees it",
    digits: 2,
    unit: 'degrees',
    judge: 'hopenet',
  },
  headRoll: {
    title: 'Head roll',
    shows: "deviation of the head's roll over time, as Hopenet sees it",
    digits: 2,
    unit: 'degrees',
    judge: 'hopenet',
  },
  fid: {
    title: 'FID',
    shows: "distance of Inception's features to those of the real videos",
    better: 'lower',
    digits: 2,
    judge: 'inception',
  },
  csim: {
    title: 'CSIM',
    shows: 'likeness to the reference picture',
    better: 'higher',
    digits: 3,
    judge: 'arcface',
  },
  csimPaired: {
    title: 'CSIM paired',
    shows: 'likeness to the real frame',
    better: 'higher',
    digits: 3,
    judge: 'arcface',
    paper: { real: 1 },
  },
} as const satisfies Record<string, Metric>;

/** The name of a metric. */
export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

/** A metric by its name. */
export function metricOf(name: MetricName): Metric {
  return METRICS[name];
}

/** A measured value, or why there is none. */
export type Measured = { readonly value: number } | { readonly why: string };

/** What was measured of one video. */
export type Measurements = Partial<Record<MetricName, Measured>>;

/** A value, or the reason if it is undefined or not finite. */
export function measured(value: number | undefined, why: string): Measured {
  return value !== undefined && Number.isFinite(value) ? { value } : { why };
}
