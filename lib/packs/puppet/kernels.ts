import type { KernelName } from './directions.js';
import { type Eigen, eigenSymmetric, interpolate, matrix, range } from './linalg.js';
import { alphasCumprod, SAMPLER, WINDOW } from './statistics.js';

/** A mode's course over one window, given its value in the frame before it. */
export interface ConditionedKernel {
  /** Variance of one frame. */
  variance: number;
  /** The mean follows the frame before by this much, for each of the 64 frames. */
  gains: number[];
  /** Covariance of what is left, 64 x 64, as eigenvalues and eigenvectors. */
  eigen: Eigen;
}

const squaredExponential = (length: number) => (tau: number) => Math.exp(-0.5 * (tau / length) ** 2);

function mixture(slow: Weighted, fast: Weighted) {
  return (tau: number) => slow[0] * slow[1](tau) + fast[0] * fast[1](tau);
}

type Weighted = readonly [weight: number, kernel: (tau: number) => number];

/** Of the speed of what moves with a squared exponential: it comes back, so that its sum stays near. */
const speedOf = (length: number) => (tau: number) =>
  (1 - (tau / length) ** 2) * Math.exp(-0.5 * (tau / length) ** 2);

/** Stationary kernels over frames. */
const KERNELS: Record<KernelName, (tau: number) => number> = {
  speed: mixture([0.55, speedOf(15)], [0.45, speedOf(8)]),
  glance: squaredExponential(18),
  face: squaredExponential(9),
  tight: mixture([0.9, squaredExponential(3)], [0.1, squaredExponential(1.2)]),
};

/** The kernel on frames 0..63 given frame -1. */
export function conditionedKernel(name: KernelName): ConditionedKernel {
  const k = KERNELS[name];
  const variance = k(0);
  const gains = range(0, WINDOW).map((frame) => k(frame + 1) / variance);
  const covariance = matrix(WINDOW, WINDOW, (i, j) => k(i - j) - gains[i]! * gains[j]! * variance);
  return { variance, gains, eigen: eigenSymmetric(covariance) };
}

/** Directions outside the modes leave the last frame behind them within a few frames. */
export function leavingGains(): number[] {
  return range(0, WINDOW).map((tau) => Math.exp(-0.5 * ((tau + 1) / 2.5) ** 2));
}

const ALPHAS = alphasCumprod();

/** What the 50-step loop makes of one eigen-direction: x0 = spread * noise + pull * mean. */
export interface Response {
  spread: number;
  pull: number;
}

/** Runs the sampler on one eigen-direction of variance `lambda` with its exact noise predictor. */
export function samplerResponse(lambda: number): Response {
  const alphas = ALPHAS;
  const stride = SAMPLER.trainTimesteps / SAMPLER.steps;
  let [spread, pull] = [1, 0];
  for (let t = SAMPLER.trainTimesteps - stride; t >= 0; t -= stride) {
    const abar = alphas[t]!;
    const next = t >= stride ? alphas[t - stride]! : 1;
    const k = Math.sqrt(1 - abar) / (abar * lambda + 1 - abar);
    const step = (x: number, eps: number) =>
      (Math.sqrt(next) * (x - Math.sqrt(1 - abar) * eps)) / Math.sqrt(abar) + Math.sqrt(1 - next) * eps;
    [spread, pull] = [step(spread, k * spread), step(pull, k * (pull - Math.sqrt(abar)))];
  }
  return { spread, pull };
}

/**
 * Variances to put into the predictor so that 50 steps from N(0, I) give the variances asked for, and the pull on the mean to
 * divide by. The real loop starts too narrow and steps coarsely; this takes both back.
 */
export function precompensate(lambdas: readonly number[]): { lambda: number; pull: number }[] {
  const grid = [0, ...range(0, 4000).map((i) => 10 ** (-9 + (12 * i) / 3999))];
  const spreads = grid.map((lambda) => samplerResponse(lambda).spread);
  return lambdas.map((lambda) => {
    const compensated = interpolate(Math.sqrt(Math.max(lambda, 0)), spreads, grid);
    return { lambda: compensated, pull: samplerResponse(compensated).pull };
  });
}
