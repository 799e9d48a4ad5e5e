import { Graph, type Value } from '../onnx/index.js';
import { FEATURE_SIZE } from './audio.js';
import { axesOf, LATENTS, MODES, normalised, orthonormalModes } from './directions.js';
import { type ConditionedKernel, conditionedKernel, leavingGains, precompensate } from './kernels.js';
import { KEYPOINTS, MOUTH } from './keypoints.js';
import { norm, range, transpose } from './linalg.js';
import { alphasCumprod, MOTION, MOTION_SIZE, WINDOW } from './statistics.js';
import { breathing, continuedLiveliness, leavingShares, posedAxes, remembered, wandering } from './sway.js';
import { type Voice, voiceMean } from './voice.js';

/** The Gaussian modes; the lid, last in the table, is a mixture of blinks instead. */
const GAUSSIAN = MODES.length - 1;

/** Closing of the lid, frame by frame; a quarter of a second. */
export const BLINK_TEMPLATE = [0.12, 0.55, 1, 0.95, 0.6, 0.3, 0.1];
const SHORT = [0.4, 0.88, 0.75, 0.35, 0.1];
/** How eyes blink, and how often so: one blink in six is double. */
export const BLINKS: readonly { share: number; course: readonly number[] }[] = [
  { share: 7 / 24, course: SHORT },
  { share: 8 / 24, course: BLINK_TEMPLATE },
  { share: 5 / 24, course: [0.1, 0.4, 0.8, 1, 1, 0.8, 0.5, 0.25, 0.1] },
  { share: 4 / 24, course: [...SHORT, 0.05, ...SHORT] },
];
// A window has no blink, or one that starts at frame 4, 8, ... 52.
const BLINK_STARTS = range(1, 14).map((k) => 4 * k);
const NO_BLINK = 0.2;

/** What the noise predictor works on; matrices are [frames, motion] or [modes, 1, frames]. */
interface Step {
  g: Graph;
  noisy: Value;
  mean: Value;
  /** How lively the voice is, [64, 1]. */
  lively: Value;
  /** Product of alphas at the timestep, and its root. */
  abar: Value;
  signal: Value;
  /** Modes as columns [70, 14]. */
  modes: Value;
}

/**
 * The denoiser: the noise in x_t [1, 64, 70] under a Gaussian process over head and face whose mean follows the voice, and a
 * mixture over blinks. Exact for the tables, no weights.
 */
export function denoiserGraph(): Graph {
  const g = new Graph('puppet_denoiser', {
    description: 'Gaussian process motion with a mean that follows the voice',
  });
  const x = g.input('x_t', 'float32', [1, WINDOW, MOTION_SIZE]);
  const timestep = g.input('t', 'int64', [1]);
  const audio = g.input('audio', 'float32', [1, WINDOW, FEATURE_SIZE]);
  const canonical = g.input('ori_kps', 'float32', [1, MOTION_SIZE]);
  const reference = g.input('ref', 'float32', [1, MOTION_SIZE]);
  const { basis } = orthonormalModes();
  const modes = g.matrix('modes', transpose(basis));
  const voice = g.scope('voice', () => voiceMean(g, audio.reshape(WINDOW, FEATURE_SIZE), canonical));
  const lively = g.scope('lively', () => continuedLiveliness(g, voice.lively, reference));
  const driven = g.scope('breath', () => voice.mean.add(remembered(g, lively), breathing(g, reference)));
  const mean = g.scope('reference', () => continued(g, { ...voice, mean: driven }, reference, modes));
  const abar = g.op('Gather', [g.constant('alphas_cumprod', Float32Array.from(alphasCumprod())), timestep]);
  const noisy = x.reshape(WINDOW, MOTION_SIZE);
  const step: Step = { g, noisy, mean, lively, abar, signal: abar.sqrt(), modes };
  g.output('eps', predictNoise(step).unsqueeze(0), 'float32', [1, WINDOW, MOTION_SIZE]);
  return g;
}

let kernels: ConditionedKernel[] | undefined;

/** The conditioned kernels of the Gaussian modes, in their order. */
function modeKernels(): ConditionedKernel[] {
  const made = new Map<string, ConditionedKernel>();
  kernels ??= MODES.slice(0, GAUSSIAN).map(({ kernel }) => {
    const known = made.get(kernel) ?? conditionedKernel(kernel as Exclude<typeof kernel, 'blink'>);
    made.set(kernel, known);
    return known;
  });
  return kernels;
}

// Here the motion does not leave the reference frame behind: what the eyes look at follows from the courses behind it, and the breath goes on.
const ELSEWHERE = ['lookAcross', 'liveliness', 'breathCosine', 'breathSine'] as const;

/**
 * The mean of the window that follows the frame `reference` [1, 70]. What the voice did in that frame is taken to be what it does in frame
 * 0; to the head, which moves on, what it would have done one step before. The mouth comes from where it was within two frames, but for a
 * closure, which would be missed.
 */
function continued(
  g: Graph,
  { mean: driven, press }: Pick<Voice, 'mean' | 'press'>,
  reference: Value,
  modes: Value,
): Value {
  const row = (frame: number) => driven.slice(0, frame, frame + 1);
  const rest = g.formula('kept * (reference - first + posed * (second - first))', {
    ...{ reference, first: row(0), second: row(1) },
    kept: g.constant('kept', keptAxes(), [1, MOTION_SIZE]),
    posed: g.constant('posed', posedAxes(), [1, MOTION_SIZE]),
  });
  const leaving = leavingGains();
  const gains = [...modeKernels().map((kernel) => kernel.gains), leaving];
  const extra = g.matrix('gains', transpose(gains.map((row) => row.map((gain, i) => gain - leaving[i]!))));
  const leave = g.constant('leave', leavingShares(leaving), [WINDOW, MOTION_SIZE]);
  const along = extra.mul(rest.matmul(modes)).matmul(g.op('Transpose', [modes], { perm: [1, 0] }));
  const mouth = g.formula('near * (1 - press) * (lips * (reference - first))', {
    ...{ press, reference, first: row(0) },
    near: g.constant('near', Float32Array.from(padded([...MOUTH_LEAVES])), [WINDOW, 1]),
    lips: g.constant('lips', mouthAxes(), [1, MOTION_SIZE]),
  });
  return g.formula('driven + leave * rest + along + mouth', { driven, leave, rest, along, mouth });
}

/** How much of the reference frame's mouth is left in each of the first frames, as far as nothing shuts the lips. */
export const MOUTH_LEAVES: readonly number[] = [0.5, 0.2];

/** The axes of the mouth, 1, and the others, 0: [70]. */
function mouthAxes(): Float32Array {
  const axes = new Float32Array(MOTION_SIZE);
  for (const at of MOUTH.map((name) => MOTION.exp + 3 * KEYPOINTS[name].index)) axes.fill(1, at, at + 3);
  return axes;
}

/** The axes that continue from the reference frame, 1, and the others, 0: [70]. */
function keptAxes(): Float32Array {
  const kept = mouthAxes().map((is) => 1 - is);
  for (const axis of ELSEWHERE.flatMap(axesOf)) kept[axis] = 0;
  return kept;
}

/**
 * sqrt(1 - abar) (abar Sigma + (1 - abar) I)^-1 (x_t - sqrt(abar) m), [64, 70]. What follows from the courses behind it has no variance of
 * its own: its mean is what the courses, as far as they are known at this step, make of it.
 */
function predictNoise(step: Step): Value {
  const { g, noisy, mean, abar, signal, modes } = step;
  const seen = g.split(inModes(noisy, modes), 0, [GAUSSIAN, 1])[0]!;
  const gaussian = g.scope('modes', () => gaussianScore(step, seen, mean));
  const whole = mean.add(
    g.scope('sway', () => wandering(g, latentCourses(step, seen, gaussian), step.lively)),
  );
  const y = g.formula('noisy - signal * whole', { noisy, signal, whole });
  const [zGauss, zLid] = g.split(inModes(y, modes), 0, [GAUSSIAN, 1]) as [Value, Value];
  const lid = g.scope('blink', () => blinkScore(step, zLid));
  const plain = (value: Value) => g.formula('value / (1 - abar)', { value, abar });
  const difference = g.concat(0, [gaussian.sub(plain(zGauss)), lid.sub(plain(zLid))]);
  const correction = difference.reshape(MODES.length, WINDOW).transpose(1, 0).matmul(modes.transpose(1, 0));
  return g.formula('sqrt(1 - abar) * (y + correction)', { abar, y: plain(y), correction });
}

/** The courses behind head and eyes as the noisy ones and their scores [13, 1, 64] tell them, [64, 8], of variance 1. */
function latentCourses({ g, abar, signal }: Step, noisy: Value, score: Value): Value {
  const count = LATENTS.speeds.length + LATENTS.glances.length;
  const first = (value: Value) => value.slice(0, 0, count).reshape(count, WINDOW).transpose(1, 0);
  const amplitude = orthonormalModes().amplitudes[0]!;
  return g.formula(`(x - (1 - abar) * score) / (${amplitude} * signal)`, {
    x: first(noisy),
    score: first(score),
    abar,
    signal,
  });
}

/** Coefficients of the modes over time, [14, 1, 64]. */
function inModes(value: Value, modes: Value): Value {
  return value.matmul(modes).transpose(1, 0).reshape(MODES.length, 1, WINDOW);
}

/** The score of each Gaussian mode in its eigenbasis, [13, 1, 64]; with tables corrected for the real sampler. */
function gaussianScore({ g, abar, signal, modes }: Step, noisy: Value, mean: Value): Value {
  const { amplitudes } = orthonormalModes();
  const eigen = modeKernels().map((kernel) => kernel.eigen);
  const tables = eigen.map(({ values }, mode) =>
    precompensate(values.map((w) => amplitudes[mode]! ** 2 * w)),
  );
  const table = (name: string, of: 'lambda' | 'pull') =>
    g.constant(
      name,
      Float32Array.from(tables.flat(), (entry) => entry[of]),
      [GAUSSIAN, 1, WINDOW],
    );
  const vectors = g.constant('eigenvectors', Float32Array.from(eigen.flatMap(({ vectors: v }) => v.flat())), [
    GAUSSIAN,
    WINDOW,
    WINDOW,
  ]);
  const values = {
    x: noisy.matmul(vectors),
    m: g.split(inModes(mean, modes), 0, [GAUSSIAN, 1])[0]!.matmul(vectors),
    lambda: table('lambda', 'lambda'),
    pull: table('pull', 'pull'),
    abar,
    signal,
  };
  const score = g.formula('(x - signal * m / pull) / (abar * lambda + (1 - abar))', values);
  return score.matmul(vectors.transpose(0, 2, 1));
}

/** The score of the lid: a closed mixture over when, if at all, the eyes blink; z and result are [1, 1, 64]. */
function blinkScore({ g, abar, signal }: Step, z: Value): Value {
  const { amplitudes } = orthonormalModes();
  const closed = norm(normalised('lid'));
  const courses = BLINK_STARTS.flatMap((start) =>
    BLINKS.map(({ share, course }) => ({ start, share, course })),
  );
  const blinks = [[], ...courses.map(({ start, course }) => blinkAt(start, course, closed))].map(padded);
  const shares = courses.map(({ share }) => ((1 - NO_BLINK) * share) / BLINK_STARTS.length);
  const priors = [NO_BLINK, ...shares].map(Math.log);
  const values = {
    likeness: z.matmul(g.matrix('blinks_t', transpose(blinks))),
    prior: g.constant('priors', Float32Array.from(priors)),
    energy: g.constant(
      'energies',
      Float32Array.from(blinks, (blink) => norm(blink) ** 2),
    ),
    variance: g.formula(`abar * ${amplitudes[GAUSSIAN]! ** 2} + (1 - abar)`, { abar }),
    abar,
    signal,
  };
  const chance = g.formula('prior + (signal * likeness - .5 * abar * energy) / variance', values).softmax(-1);
  const expected = chance.matmul(g.matrix('blinks', blinks));
  return g.formula('(z - signal * expected) / variance', { ...values, z, expected });
}

function blinkAt(start: number, course: readonly number[], closed: number): number[] {
  return [...new Array<number>(start).fill(0), ...course.map((value) => closed * value)];
}

function padded(row: number[]): number[] {
  return [...row, ...new Array<number>(WINDOW - row.length).fill(0)];
}
