import type { KernelName } from './directions.js';
import {
  type DenseMatrix,
  type Eigen,
  eigenSymmetric,
  interpolate,
  matrix,
  multiply,
  range,
  solve,
  transpose,
} from './linalg.js';
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

function mixture(slow: [weight: number, length: number], fast: [weight: number, length: number]) {
  const [a, b] = [squaredExponential(slow[1]), squaredExponential(fast[1])];
  return (tau: number) => slow[0] * a(tau) + fast[0] * b(tau);
}

/** Stationary kernels over frames. */
const KERNELS: Record<KernelName, (tau: number) => number> = {
  head: mixture([0.7, 18], [0.3, 8]),
  face: squaredExponential(9),
  tight: mixture([0.9, 3], [0.1, 1.2]),
};

// The grid of frames -2..64: two before the window, one behind it.
const BEFORE = 2;
const GRID = WINDOW + BEFORE + 1;

/** The kernel on frames 0..63 given frame -1. */
export function conditionedKernel(name: KernelName): ConditionedKernel {
  const stationary = matrix(GRID, GRID, (i, j) => KERNELS[name](i - j));
  const k = name === 'head' ? withRestingEnds(stationary) : stationary;
  const last = BEFORE - 1;
  const variance = k[last]![last]!;
  const frames = range(BEFORE, BEFORE + WINDOW);
  const covariance = matrix(WINDOW, WINDOW, (i, j) => {
    const [a, b] = [frames[i]!, frames[j]!];
    return k[a]![b]! - (k[a]![last]! * k[last]![b]!) / variance;
  });
  return {
    variance,
    gains: frames.map((frame) => k[frame]![last]! / variance),
    eigen: eigenSymmetric(covariance),
  };
}

/** Conditions on no movement from -2 to -1 and from 63 to 64: windows then join with equal slope. */
function withRestingEnds(k: DenseMatrix): DenseMatrix {
  const c = matrix(2, GRID, (row, i) => {
    const first = row === 0 ? 0 : GRID - 2;
    return i === first ? -1 : i === first + 1 ? 1 : 0;
  });
  const kc = multiply(k, transpose(c));
  const ckc = multiply(c, kc).map((row, i) => row.map((value, j) => value + (i === j ? 1e-12 : 0)));
  const drop = multiply(kc, solve(ckc, transpose(kc)));
  return k.map((row, i) => row.map((value, j) => value - drop[i]![j]!));
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
