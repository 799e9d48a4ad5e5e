import t, { type Test } from 'tap';
import { BLINKS, denoiserGraph, MOUTH_LEAVES } from '../dist/packs/puppet/denoiser.js';
import { axesOf, MODES, normalised, orthonormalModes } from '../dist/packs/puppet/directions.js';
import { conditionedKernel, leavingGains, samplerResponse } from '../dist/packs/puppet/kernels.js';
import { KEYPOINTS } from '../dist/packs/puppet/keypoints.js';
import { dot, norm } from '../dist/packs/puppet/linalg.js';
import { alphasCumprod, SAMPLER } from '../dist/packs/puppet/statistics.js';
import { close } from './support/close.js';
import { filled, type HostTensor, numbers, openBuilt } from './support/graphs.js';
import { gaussianNoise } from './support/noise.js';

const SEEDS = 1000;
const FRAMES = 64;
const SIZE = 70;
const ALPHAS = alphasCumprod();
const STRIDE = SAMPLER.trainTimesteps / SAMPLER.steps;

// In silence the mean is that of the reference frame alone: gain(frame) * reference in every mode.
const SILENCE = filled([1, FRAMES, 512], () => 0);
const REFERENCE = filled([1, SIZE], (j) => 0.3 * Math.cos(1.7 * j));
// The mouth leaves there within two frames.
const MOUTH = ['jawL', 'jawR', 'chin', 'mouthL', 'mouthR', 'lipUp', 'lipLo'] as const;
const ofMouth = MOUTH.map((name) => 7 + 3 * KEYPOINTS[name].index);

type Sample = (noise: Float32Array) => Promise<Float32Array>;

/** Fifty DDIM steps on the puppet's denoiser. */
async function sampler(): Promise<Sample> {
  const run = await openBuilt(denoiserGraph());
  const fixed = { audio: SILENCE, ori_kps: filled([1, SIZE], () => 0), ref: REFERENCE };
  const times = Array.from({ length: SAMPLER.steps }, (_, i) => SAMPLER.trainTimesteps - STRIDE * (i + 1));
  return async (noise) => {
    const x: HostTensor & { data: Float32Array } = { dims: [1, FRAMES, SIZE], data: noise };
    for (const time of times) {
      const { eps } = await run({ ...fixed, x_t: x, t: { dims: [1], data: BigInt64Array.of(BigInt(time)) } });
      stepInPlace(x.data, numbers(eps), ALPHAS[time]!, time >= STRIDE ? ALPHAS[time - STRIDE]! : 1);
    }
    return x.data;
  };
}

function stepInPlace(x: Float32Array, eps: Float32Array, abar: number, next: number): void {
  const keep = Math.sqrt(next / abar);
  const noise = Math.sqrt(1 - next) - keep * Math.sqrt(1 - abar);
  for (let i = 0; i < x.length; i++) x[i] = keep * x[i]! + noise * eps[i]!;
}

/** The course of one mode, [64]. */
function course(x: Float32Array, mode: readonly number[]): number[] {
  return Array.from({ length: FRAMES }, (_, frame) =>
    mode.reduce((sum, value, i) => sum + value * x[frame * SIZE + i]!, 0),
  );
}

const { basis, amplitudes } = orthonormalModes();
const isMouth = (j: number) => ofMouth.some((first) => j >= first && j < first + 3);
const reference = [...numbers(REFERENCE)].map((value, j) => (isMouth(j) ? 0 : value));
const mouthReference = [...numbers(REFERENCE)].map((value, j) => (isMouth(j) ? value : 0));

t.test(
  'thousand seeds have the mean and covariance that docs/puppet.md names',
  { timeout: 300_000 },
  async (t) => {
    const sample = await sampler();
    const courses: number[][][] = MODES.map(() => []);
    let beside = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const x = await sample(gaussianNoise(seed, FRAMES * SIZE));
      for (const [mode, direction] of basis.entries()) courses[mode]!.push(course(x, direction));
      beside = Math.max(
        beside,
        besideModes(
          x,
          courses.map((of) => of[seed]!),
        ),
      );
    }
    t.ok(beside < 2e-5, `nothing moves beside the modes: ${beside}`);
    for (const [mode, { direction, kernel }] of MODES.entries()) {
      if (kernel !== 'blink') checkMode(t, direction, courses[mode]!, mode);
    }
    checkBlinks(t, courses[MODES.length - 1]!);
  },
);

/** What follows from the courses of head and eyes: the pose, glances, the breath. */
const FOLLOWS = [
  'yaw',
  'pitch',
  'roll',
  'ty',
  'scale',
  'lookAcross',
  'liveliness',
  'breathCosine',
  'breathSine',
] as const;
const following = FOLLOWS.flatMap(axesOf);

/** The largest distance from the mean outside the modes, where variance is zero, and of what follows from them. */
function besideModes(x: Float32Array, coefficients: number[][]): number {
  const leaving = leavingGains();
  const inModes = (of: number[]) => basis.map((mode) => dot(mode, of));
  const [held, mouth] = [inModes(reference), inModes(mouthReference)];
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const [frame, axis] = [Math.floor(i / SIZE), i % SIZE];
    if (following.includes(axis)) continue;
    const without = (of: number[], along: number[]) =>
      basis.reduce((sum, mode, j) => sum - mode[axis]! * along[j]!, of[axis]!);
    const left = leaving[frame]! * without(reference, held);
    const lips = (MOUTH_LEAVES[frame] ?? 0) * without(mouthReference, mouth);
    const found = basis.reduce((sum, mode, j) => sum - mode[axis]! * coefficients[j]![frame]!, x[i]!);
    largest = Math.max(largest, Math.abs(found - left - lips));
  }
  return largest;
}

/** Tolerances are about four times the sampling error of a thousand seeds. */
function checkMode(t: Test, name: string, courses: number[][], mode: number): void {
  const { gains, eigen } = conditionedKernel(MODES[mode]!.kernel as 'speed');
  const start = dot(basis[mode]!, reference);
  const last = FRAMES - 1;
  const variance = (frame: number) =>
    amplitudes[mode]! ** 2 * eigen.values.reduce((sum, w, k) => sum + w * eigen.vectors[frame]![k]! ** 2, 0);
  for (const frame of [16, 40, last]) {
    const values = courses.map((of) => of[frame]! - gains[frame]! * start);
    const sigma = Math.sqrt(variance(frame));
    close(t, [mean(values) / sigma], [0], 0.13, `${name}: mean of frame ${frame} in standard deviations`);
    close(
      t,
      [Math.sqrt(mean(values.map((v) => v * v))) / sigma],
      [1],
      0.09,
      `${name}: spread of frame ${frame}`,
    );
  }
  // Along the strongest eigenvectors: variances as asked for, no correlation.
  const along = [0, 1, 2].map((k) => {
    const vector = eigen.vectors.map((row) => row[k]!);
    const sigma = amplitudes[mode]! * Math.sqrt(eigen.values[k]!);
    return courses.map(
      (of) =>
        dot(
          vector,
          of.map((value, frame) => value - gains[frame]! * start),
        ) / sigma,
    );
  });
  const covariance = [0, 1, 2].flatMap((a) =>
    [0, 1, 2].map((b) => mean(along[a]!.map((v, i) => v * along[b]![i]!))),
  );
  close(t, covariance, [1, 0, 0, 0, 1, 0, 0, 0, 1], 0.18, `${name}: covariance along the first eigenvectors`);
}

/** Most windows have one blink, of any kind and at any of the thirteen starts about as often as asked for. */
function checkBlinks(t: Test, courses: number[][]): void {
  const lid = dot(basis[MODES.length - 1]!, reference);
  const leaving = leavingGains();
  const closed = norm(normalised('lid'));
  const drawn = Array.from({ length: 13 * BLINKS.length }, (_, i) => {
    const [start, kind] = [4 * (1 + (i % 13)), Math.floor(i / 13)];
    const at = (frame: number) => closed * (BLINKS[kind]!.course[frame - start] ?? 0);
    return { start, kind, course: Array.from({ length: FRAMES }, (_, frame) => at(frame)) };
  });
  const blinks = courses.flatMap((of) => {
    const rest = of.map((value, frame) => value - leaving[frame]! * lid);
    if (Math.max(...rest) < closed / 2) return [];
    const off = drawn.map(({ course }) => norm(rest.map((value, frame) => value - course[frame]!)) / closed);
    const least = Math.min(...off);
    return [{ ...drawn[off.indexOf(least)]!, off: least }];
  });
  close(t, [blinks.length / courses.length], [0.717], 0.06, 'windows with a blink');
  const worst = Math.max(...blinks.map(({ off }) => off));
  t.ok(worst < 0.25, `each is one of the courses: ${worst}`);
  const share = (wanted: (blink: { start: number; kind: number }) => boolean) =>
    blinks.filter(wanted).length / blinks.length;
  const kinds = BLINKS.map((_, kind) => share((blink) => blink.kind === kind));
  close(
    t,
    kinds,
    BLINKS.map(({ share }) => share),
    0.08,
    'how they blink',
  );
  const starts = Array.from({ length: 13 }, (_, k) => share(({ start }) => start === 4 * (k + 1)));
  t.ok(Math.min(...starts) > 0.03, `every start is used: ${starts.join(' ')}`);
  t.ok(Math.max(...starts) < 0.14, `no start is preferred: ${starts.join(' ')}`);
}

t.test('the tables are exact for fifty steps', async (t) => {
  // What the loop makes of the table's variance is the variance that is wanted, in every mode and eigenvector.
  t.equal(SAMPLER.steps, 50);
  close(t, [samplerResponse(1.04683).spread], [1], 1e-5, 'spread');
});

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
