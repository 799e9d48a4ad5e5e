import { KEYPOINTS, type KeypointName } from './keypoints.js';
import { type DenseMatrix, gramSchmidt } from './linalg.js';
import { MOTION, MOTION_SIZE, MOTION_STD } from './statistics.js';

type Moves = Partial<Record<KeypointName, readonly [dx: number, dy: number]>>;

function expression(moves: Moves): number[] {
  const vector = new Array<number>(MOTION_SIZE).fill(0);
  for (const [name, move] of Object.entries(moves)) {
    const at = MOTION.exp + 3 * KEYPOINTS[name as KeypointName].index;
    vector[at] = move[0];
    vector[at + 1] = move[1];
  }
  return vector;
}

function axes(values: Record<number, number>): number[] {
  const vector = new Array<number>(MOTION_SIZE).fill(0);
  for (const [index, value] of Object.entries(values)) vector[Number(index)] = value;
  return vector;
}

const PER_DEGREE = Math.PI / 180;

/** What a face can do, in raw units of the 70 motion numbers. */
export const DIRECTIONS = {
  yaw: axes({ [MOTION.yaw]: 1 }),
  pitch: axes({ [MOTION.pitch]: 1 }),
  // The head tilts about a point in the neck, at y = .45.
  roll: axes({ [MOTION.roll]: 1, [MOTION.t]: 0.45 * PER_DEGREE }),
  tx: axes({ [MOTION.t]: 1 }),
  ty: axes({ [MOTION.t + 1]: 1 }),
  scale: axes({ [MOTION.scale]: 1 }),
  jaw: expression({
    chin: [0, 0.9],
    jawL: [0.05, 0.35],
    jawR: [-0.05, 0.35],
    lipLo: [0, 0.95],
    lipUp: [0, -0.12],
    mouthL: [0.1, 0.28],
    mouthR: [-0.1, 0.28],
  }),
  wide: expression({ mouthL: [-1, -0.15], mouthR: [1, -0.15] }),
  pucker: expression({ mouthL: [1, 0.05], mouthR: [-1, 0.05], lipUp: [0, -0.06], lipLo: [0, 0.06] }),
  press: expression({ lipUp: [0, 1], lipLo: [0, -1], mouthL: [-0.15, 0], mouthR: [0.15, 0] }),
  bite: expression({ lipUp: [0, -1], lipLo: [0, -0.35], chin: [0, -0.2] }),
  /** Lips that leave the teeth free. */
  part: expression({ lipUp: [0, -0.8], lipLo: [0, 1], chin: [0, 0.15] }),
  upperDown: expression({ lipUp: [0, 1] }),
  lowerUp: expression({ lipLo: [0, -1] }),
  cornersDown: expression({ mouthL: [0, 1], mouthR: [0, 1] }),
  smile: expression({ mouthL: [-0.5, -0.6], mouthR: [0.5, -0.6] }),
  brow: expression({ browL: [0, -1], browR: [0, -1] }),
  browAsymmetry: expression({ browL: [0, -1], browR: [0, 1] }),
  /** One closes the eyes. */
  lid: expression({ lidUpL: [0, 0.065], lidUpR: [0, 0.065] }),
} as const;

export type DirectionName = keyof typeof DIRECTIONS;

/** How a coefficient moves in time. */
export type KernelName = 'head' | 'face' | 'tight';

/** The directions in which motion is random: standard deviation of the coefficient and its kernel. */
export const MODES: readonly { direction: DirectionName; sigma: number; kernel: KernelName | 'blink' }[] = [
  { direction: 'yaw', sigma: 5, kernel: 'head' },
  { direction: 'pitch', sigma: 2.5, kernel: 'head' },
  { direction: 'roll', sigma: 1.8, kernel: 'head' },
  { direction: 'tx', sigma: 0.01, kernel: 'head' },
  { direction: 'ty', sigma: 0.006, kernel: 'head' },
  { direction: 'scale', sigma: 0.006, kernel: 'head' },
  { direction: 'jaw', sigma: 0.002, kernel: 'tight' },
  { direction: 'wide', sigma: 0.002, kernel: 'tight' },
  { direction: 'smile', sigma: 0.008, kernel: 'face' },
  { direction: 'brow', sigma: 0.01, kernel: 'face' },
  { direction: 'browAsymmetry', sigma: 0.004, kernel: 'face' },
  { direction: 'lid', sigma: 0.012, kernel: 'blink' },
];

/** A direction in normalised units. */
export function normalised(name: DirectionName): number[] {
  return DIRECTIONS[name].map((value, i) => value / MOTION_STD[i]!);
}

/** Orthonormal modes as rows [12][70] and the standard deviation along each. */
export function orthonormalModes(): { basis: DenseMatrix; amplitudes: number[] } {
  const { basis, residuals } = gramSchmidt(MODES.map((mode) => normalised(mode.direction)));
  return { basis, amplitudes: MODES.map((mode, i) => mode.sigma * residuals[i]!) };
}
