import type { LandmarkRule, Regions } from '../manifest.js';
import type { Graph } from '../onnx/index.js';
import type { PackDraft, RoleDraft } from '../write.js';
import { appearanceGraph, CROP_SIZE } from './appearance.js';
import { audioGraph, CHANNEL } from './audio.js';
import { BLINK_TEMPLATE, denoiserGraph } from './denoiser.js';
import { DIRECTIONS } from './directions.js';
import { JAW_FOLLOWS_SEAM, KEYPOINTS, type KeypointName, MOUTH, SEAM } from './keypoints.js';
import { MOTION_PICTURE, motionGraph } from './motion.js';
import { fieldGraph, rendererGraph } from './renderer.js';
import { MOTION, SAMPLER, STATISTICS, WINDOW } from './statistics.js';

const VERSION = '1.11.0';

/** The built-in pack: every graph is made by the code beside this file; only the mouth's shapes are learned. */
export function puppetPack(): PackDraft {
  return {
    $schema: '../pack.schema.json',
    format: 1,
    name: 'puppet',
    version: VERSION,
    description: 'Moves the picture itself: made by code, runs anywhere',
    licence: { name: 'MIT', nonCommercial: false },
    fps: 25,
    crop: { default: 'ffhq', size: CROP_SIZE },
    motionSize: MOTION_PICTURE,
    output: { width: CROP_SIZE, height: CROP_SIZE },
    frame: { default: 'full', feather: [2, 12] }, // its border does not move
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
    visemes: { curves: CHANNEL.curves, classes: CHANNEL.classes },
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
      { image: 'out', field: 'field' },
    ),
    field: role('field', fieldGraph(), { feature: 'f_s', source: 'x_s', driving: 'x_d' }, { field: 'field' }),
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

/** Expression moves keypoints in the plane of the picture. */
const plane = (...names: KeypointName[]): Regions['exp'] =>
  names.map((name) => ({ keypoint: KEYPOINTS[name].index, axes: 'xy' }));
const LIPS = plane(...MOUTH);
const EYES = plane('lidUpL', 'lidUpR', 'lidLoL', 'lidLoR');
const BROWS = plane('browL', 'browR');

// Points of the 68-point scheme; left and right in the picture.
const MOUTH_LEFT = 48;
const MOUTH_RIGHT = 54;
const LEFT_EYE = [36, 37, 38, 39, 40, 41];
const RIGHT_EYE = [42, 43, 44, 45, 46, 47];
const LEFT_BROW = [18, 19, 20];
const RIGHT_BROW = [23, 24, 25];
const INNER_UPPER_LIP = 62;
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
    rule('lipUp', 'y', [INNER_UPPER_LIP], -SEAM.lip),
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

/**
 * The six points of an eye go around it from its left corner, over the upper lid first. The keypoints of the lids have their heights
 * in y and the corners of the eye in x: the upper lid the outer corner, the lower lid the inner one.
 */
function eyeRules(side: 'L' | 'R', points: number[]): LandmarkRule[] {
  const [first, up1, up2, second, low1, low2] = points as [number, number, number, number, number, number];
  const [outer, inner] = side === 'L' ? [first, second] : [second, first];
  return [
    rule(`lidUp${side}`, 'x', [outer], 0),
    rule(`lidUp${side}`, 'y', [up1, up2], 0),
    rule(`lidLo${side}`, 'x', [inner], 0),
    rule(`lidLo${side}`, 'y', [low1, low2], 0),
    rule(`brow${side}`, 'x', points, 0),
    rule(`brow${side}`, 'y', side === 'L' ? LEFT_BROW : RIGHT_BROW, 0),
  ];
}

/** Without the last bits of decimal subtraction, so that pack.json reads well. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
