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

function unseen(name: KeypointName): number[] {
  return axes({ [MOTION.exp + 3 * KEYPOINTS[name].index + 2]: 1 });
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
  /** Where the eyes look; the renderer reads it from these two, which move no skin. */
  lookAcross: expression({ lidUpL: [1, 0], lidUpR: [1, 0] }),
  lookAlong: expression({ lidUpL: [1, 0], lidUpR: [-1, 0] }),
  // What the motion remembers beside what is seen: the depth of these keypoints' expression moves nothing.
  speedYaw: unseen('crown'),
  speedPitch: unseen('templeL'),
  speedRoll: unseen('templeR'),
  speedX: unseen('earL'),
  speedY: unseen('earR'),
  speedScale: unseen('cheekL'),
  glanceX: unseen('cheekR'),
  glanceY: unseen('nose'),
  liveliness: unseen('lidUpL'),
  breathCosine: unseen('browL'),
  breathSine: unseen('browR'),
  /** One closes the eyes. */
  lid: expression({ lidUpL: [0, 0.065], lidUpR: [0, 0.065] }),
} as const;

export type DirectionName = keyof typeof DIRECTIONS;

/** How a coefficient moves in time. */
export type KernelName = 'speed' | 'glance' | 'face' | 'tight';

/** The courses behind the motion of head and eyes: speeds of the head, in the order of sway.ts, and what glances are made of. */
export const LATENTS = {
  speeds: ['speedYaw', 'speedPitch', 'speedRoll', 'speedX', 'speedY', 'speedScale'],
  glances: ['glanceX', 'glanceY'],
} as const satisfies Record<string, readonly DirectionName[]>;

/** Their standard deviation: small enough that fifty sampling steps can make it. */
const LATENT = 0.01;

/** The directions in which motion is random: standard deviation of the coefficient and its kernel. */
export const MODES: readonly { direction: DirectionName; sigma: number; kernel: KernelName | 'blink' }[] = [
  ...LATENTS.speeds.map((direction) => ({ direction, sigma: LATENT, kernel: 'speed' as const })),
  ...LATENTS.glances.map((direction) => ({ direction, sigma: LATENT, kernel: 'glance' as const })),
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

/** The numbers of a frame that a direction moves. */
export function axesOf(name: DirectionName): number[] {
  return DIRECTIONS[name].flatMap((value, axis) => (value === 0 ? [] : [axis]));
}

/** Orthonormal modes as rows [14][70] and the standard deviation along each. */
export function orthonormalModes(): { basis: DenseMatrix; amplitudes: number[] } {
  const { basis, residuals } = gramSchmidt(MODES.map((mode) => normalised(mode.direction)));
  return { basis, amplitudes: MODES.map((mode, i) => mode.sigma * residuals[i]!) };
}
