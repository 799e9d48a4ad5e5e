import { KEYPOINT_TABLE } from './keypoints.js';

/** Numbers of one frame of motion: scale, yaw, pitch, roll, t (3), exp (21 x 3). */
export const MOTION_SIZE = 70;

/** Where the parts of a frame start. */
export const MOTION = { scale: 0, yaw: 1, pitch: 2, roll: 3, t: 4, exp: 7 } as const;

/** Frames of one window. */
export const WINDOW = 64;

// Small enough that no eigenvalue of the motion comes near what 50 sampling steps can reach (docs/puppet.md, section 3).
const STD = { scale: 0.02, yaw: 9, pitch: 5, roll: 4, t: [0.02, 0.02, 1], exp: 0.02 } as const;

/** Mean and standard deviation of each part, as pack.json has them. Angles in degrees. */
export const STATISTICS = {
  scale: { mean: [1], std: [STD.scale] },
  yaw: { mean: [0], std: [STD.yaw] },
  pitch: { mean: [0], std: [STD.pitch] },
  roll: { mean: [0], std: [STD.roll] },
  t: { mean: [0, 0, 0], std: [...STD.t] },
  exp: { mean: new Array<number>(63).fill(0), std: new Array<number>(63).fill(STD.exp) },
  kp: { mean: KEYPOINT_TABLE.flat(), std: new Array<number>(63).fill(1) },
};

/** Standard deviations in the order of a frame. */
export const MOTION_STD: readonly number[] = [
  STD.scale,
  STD.yaw,
  STD.pitch,
  STD.roll,
  ...STD.t,
  ...STATISTICS.exp.std,
];

/** The training noise schedule and the step count that the denoiser's tables are made for. */
export const SAMPLER = { steps: 50, trainTimesteps: 1000, betaStart: 1e-5, betaEnd: 8e-3 } as const;

/** Products of 1 - beta over linear betas, one for each training timestep. */
export function alphasCumprod(): number[] {
  const { trainTimesteps: count, betaStart, betaEnd } = SAMPLER;
  let product = 1;
  return Array.from({ length: count }, (_, i) => {
    product *= 1 - (betaStart + ((betaEnd - betaStart) * i) / (count - 1));
    return product;
  });
}
