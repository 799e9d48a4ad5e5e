import type { LandmarkRule, Regions } from '../manifest.js';
import type { Graph } from '../onnx/index.js';
import type { PackDraft, RoleDraft } from '../write.js';
import { appearanceGraph, CROP_SIZE } from './appearance.js';
import { audioGraph } from './audio.js';
import { BLINK_TEMPLATE, denoiserGraph } from './denoiser.js';
import { DIRECTIONS } from './directions.js';
import { EYE, JAW_FOLLOWS_SEAM, KEYPOINTS, type KeypointName, SEAM } from './keypoints.js';
import { MOTION_PICTURE, motionGraph } from './motion.js';
import { rendererGraph } from './renderer.js';
import { MOTION, SAMPLER, STATISTICS, WINDOW } from './statistics.js';

const VERSION = '1.0.0';

/** The built-in pack: no trained weights, every graph made by the code beside this file. */
export function puppetPack(): PackDraft {
  return {
    $schema: '../pack.schema.json',
    format: 1,
    name: 'puppet',
    version: VERSION,
    description: 'Moves the picture itself: made by code, no trained weights, runs anywhere',
    licence: { name: 'MIT', nonCommercial: false },
    fps: 25,
    crop: { default: 'ffhq', size: CROP_SIZE },
    motionSize: MOTION_PICTURE,
    output: { width: CROP_SIZE, height: CROP_SIZE },
    sessionThreads: 1, // grid sampling, half of the renderer, plans its samples on one thread
    roles: puppetRoles(),
    sampler: {
      ...SAMPLER,
      window: WINDOW,
      fixedWindow: true,
      smoothing: { process: 0.05, observation: 0.001 },
    },
    statistics: STATISTICS,
    blink: { direction: DIRECTIONS.lid.slice(MOTION.exp), template: BLINK_TEMPLATE },
    regions: { exp: [...LIPS, ...EYES, ...BROWS], lip: LIPS, eyes: EYES },
    landmarks: [...mouthRules(), ...jawRules(), ...eyeRules('L', LEFT_EYE), ...eyeRules('R', RIGHT_EYE)],
  };
}

function puppetRoles(): PackDraft['roles'] {
  return {
    appearance: role('appearance', appearanceGraph(), { image: 'img' }, { feature: 'f_s' }),
    motion: role(
      'motion',
      motionGraph(),
      { image: 'img' },
      {
        keypoints: 'kp',
        pitch: 'pitch',
        yaw: 'yaw',
        roll: 'roll',
        translation: 't',
        expression: 'exp',
        scale: 'scale',
      },
    ),
    audio: role('audio', audioGraph(), { mel: 'mel' }, { feature: 'feature' }),
    denoiser: role(
      'denoiser',
      denoiserGraph(),
      { x: 'x_t', timestep: 't', audio: 'audio', canonical: 'ori_kps', reference: 'ref' },
      { noise: 'eps' },
    ),
    render: role(
      'renderer',
      rendererGraph(),
      { feature: 'f_s', source: 'x_s', driving: 'x_d' },
      { image: 'out' },
    ),
  };
}

function role(
  name: string,
  graph: Graph,
  inputs: Record<string, string>,
  outputs: Record<string, string>,
): RoleDraft {
  return { file: `${name}.onnx`, inputs, outputs, model: graph.toBytes() };
}

/** Expression moves keypoints in the plane of the picture (puppet table 4.2). */
const plane = (...names: KeypointName[]): Regions['exp'] =>
  names.map((name) => ({ keypoint: KEYPOINTS[name].index, axes: 'xy' }));
const LIPS = plane('jawL', 'jawR', 'chin', 'mouthL', 'mouthR', 'lipUp', 'lipLo');
const EYES = plane('lidUpL', 'lidUpR', 'lidLoL', 'lidLoR');
const BROWS = plane('browL', 'browR');

// Points of the 68-point scheme; left and right in the picture.
const MOUTH_LEFT = 48;
const MOUTH_RIGHT = 54;
const LEFT_EYE = [36, 37, 38, 39, 40, 41];
const RIGHT_EYE = [42, 43, 44, 45, 46, 47];
/** The inner edge of the lower lip: with the seam there, upper teeth that show stay on the upper lip. */
const INNER_LOWER_LIP = 66;

/** keypoint.axis = base + weight * mean of the points along the same axis. */
function rule(
  keypoint: KeypointName,
  axis: 'x' | 'y',
  points: number[],
  base: number,
  weight = 1,
): LandmarkRule {
  return {
    keypoint: KEYPOINTS[keypoint].index,
    axis,
    base: rounded(base),
    terms: [{ points, axis, weight }],
  };
}

function mouthRules(): LandmarkRule[] {
  return [
    rule('mouthL', 'x', [MOUTH_LEFT], 0),
    rule('mouthL', 'y', [MOUTH_LEFT], 0),
    rule('mouthR', 'x', [MOUTH_RIGHT], 0),
    rule('mouthR', 'y', [MOUTH_RIGHT], 0),
    rule('lipUp', 'y', [INNER_LOWER_LIP], -SEAM.lip),
    rule('lipLo', 'y', [INNER_LOWER_LIP], SEAM.lip),
  ];
}

/** From the table, not from the network: that has already moved them to the seam it found. */
function jawRules(): LandmarkRule[] {
  return (['chin', 'jawL', 'jawR'] as const).map((name) => {
    const atRest = KEYPOINTS[name].at[1] - JAW_FOLLOWS_SEAM * SEAM.y;
    return rule(name, 'y', [INNER_LOWER_LIP], atRest, JAW_FOLLOWS_SEAM);
  });
}

/** Lids and brow keep their places around the middle of the eye. */
function eyeRules(side: 'L' | 'R', points: number[]): LandmarkRule[] {
  const middle = { x: side === 'L' ? -EYE.x : EYE.x, y: EYE.y };
  return (['lidUp', 'lidLo', 'brow'] as const).flatMap((part) => {
    const name: KeypointName = `${part}${side}`;
    const [x, y] = KEYPOINTS[name].at;
    return [rule(name, 'x', points, x - middle.x), rule(name, 'y', points, y - middle.y)];
  });
}

/** Without the last bits of decimal subtraction, so that pack.json reads well. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
