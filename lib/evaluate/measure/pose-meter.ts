import type { Face } from '../../face/faces.js';
import { POSE_BINS } from '../../packs/judges/hopenet.js';
import type { Picture } from '../../picture.js';
import { deviation } from '../arithmetic/statistics.js';
import { axisDiversity, poseAngle } from '../judged/diversity.js';
import type { HeadPose } from '../judged/head-pose.js';
import { type Measurements, measured } from '../metrics.js';
import type { Judged, JudgedMeter } from './judged-meter.js';

/** Frames that count, as in the authors' script. */
const FRAMES = 200;
const AXES = ['yaw', 'pitch', 'roll'] as const;
const NAMES = {
  yaw: ['diversityYaw', 'headYaw'],
  pitch: ['diversityPitch', 'headPitch'],
  roll: ['diversityRoll', 'headRoll'],
} as const;
const NO_FACE = 'no face was found';

/** The diversity of a head's motion, and the deviations of its angles. Frames without a face are left out. */
export class PoseMeter implements JudgedMeter {
  readonly #pose: HeadPose;
  readonly #logits = { yaw: [] as number[], pitch: [] as number[], roll: [] as number[] };
  #frames = 0;

  constructor(pose: HeadPose) {
    this.#pose = pose;
  }

  async add(picture: Picture, face: Face | undefined): Promise<void> {
    if (this.#frames++ >= FRAMES) return;
    const seen = await this.#pose.see(picture, face);
    if (seen) for (const axis of AXES) this.#logits[axis].push(...seen[axis]);
  }

  async result(): Promise<Judged> {
    const measurements: Measurements = {};
    let sum = 0;
    for (const axis of AXES) {
      const [diversity, angles] = NAMES[axis];
      const logits = this.#logits[axis];
      const value = axisDiversity(logits);
      sum += value;
      measurements[diversity] = measured(value, NO_FACE);
      measurements[angles] = measured(deviation(anglesOf(logits)), NO_FACE);
    }
    return { measurements: { diversity: measured(sum / AXES.length, NO_FACE), ...measurements } };
  }

  async close(): Promise<void> {}
}

function anglesOf(logits: readonly number[]): number[] {
  const frames = logits.length / POSE_BINS;
  return Array.from({ length: frames }, (_, i) =>
    poseAngle(logits.slice(i * POSE_BINS, (i + 1) * POSE_BINS)),
  );
}
