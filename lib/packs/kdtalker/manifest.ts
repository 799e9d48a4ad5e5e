import type { PackManifest, PackRole, RoleName } from '../manifest.js';
import { outputOf, PUBLISHED, pictureOf, type RendererShape } from '../networks/renderer-shape.js';
import type { WrittenModel } from '../onnx/index.js';
import type { NetworkName } from './networks.js';
import { STATISTICS } from './statistics.js';

/** The properties that differ between packs of the published networks, such as the origin of the weights. */
export interface PackIdentity extends Pick<PackManifest, 'name' | 'version' | 'description' | 'licence'> {
  /** Licences of roles with another origin; default: the pack's. */
  licences?: Partial<Record<RoleNetwork, string>>;
  /** Statistics of motion; default: the published ones. */
  statistics?: PackManifest['statistics'];
}

type Names = Pick<PackRole, 'inputs' | 'outputs'>;

/** The graphs' names for the tensors of each role. */
export const ROLES = {
  appearance: { inputs: { image: 'img' }, outputs: { feature: 'f_s' } },
  motion: {
    inputs: { image: 'img' },
    outputs: {
      keypoints: 'kp',
      pitch: 'pitch',
      yaw: 'yaw',
      roll: 'roll',
      translation: 't',
      expression: 'exp',
      scale: 'scale',
      raw_kp: 'raw_kp',
      raw_pitch: 'raw_pitch',
      raw_yaw: 'raw_yaw',
      raw_roll: 'raw_roll',
      raw_t: 'raw_t',
      raw_exp: 'raw_exp',
      raw_scale: 'raw_scale',
    },
  },
  audio: { inputs: { mel: 'mel' }, outputs: { feature: 'feature' } },
  condition: { inputs: { audio: 'audio' }, outputs: { condition: 'condition' } },
  time: { inputs: { timestep: 't' }, outputs: { time: 'time' } },
  denoiser: {
    inputs: { x: 'x_t', condition: 'condition', time: 'time', canonical: 'ori_kps', reference: 'ref' },
    outputs: { noise: 'eps' },
  },
  warp: {
    inputs: { feature: 'f_s', source: 'x_s', driving: 'x_d' },
    outputs: { feature: 'warped', deformation: 'deformation', occlusion: 'occlusion' },
  },
  decode: { inputs: { feature: 'feature' }, outputs: { image: 'out' } },
  stitching: {
    inputs: { source: 'x_s', driving: 'x_d' },
    outputs: { stitched: 'stitched', delta: 'delta' },
  },
  eye: { inputs: { source: 'x_s', ratio: 'ratio' }, outputs: { delta: 'delta' } },
  lip: { inputs: { source: 'x_s', ratio: 'ratio' }, outputs: { delta: 'delta' } },
} satisfies Partial<Record<RoleName & NetworkName, Names>>;

/** Networks that are roles of the pack. */
export type RoleNetwork = keyof typeof ROLES;

/** The networks of a pack. */
export const PACK_NETWORKS: readonly NetworkName[] = Object.keys(ROLES) as RoleNetwork[];

/** What pack.json says beside the networks; `window` is in frames. */
interface ManifestParts {
  faces?: PackManifest['faces'];
  window?: number | undefined;
  /** Of the networks; default as published. */
  shape?: RendererShape;
}

/** pack.json, not yet validated, for the networks in `models`; `models` and `faces` describe the written files. */
export function kdtalkerManifest(
  identity: PackIdentity,
  models: ReadonlyMap<NetworkName, WrittenModel>,
  { faces, window = 64, shape = PUBLISHED }: ManifestParts = {},
): unknown {
  const { licences = {}, statistics = STATISTICS, ...about } = identity;
  const written = (Object.keys(ROLES) as RoleNetwork[]).filter((name) => models.has(name));
  const roles = written.map((name) => {
    const licence = licences[name];
    return [name, { ...models.get(name)!, ...(licence !== undefined && { licence }), ...ROLES[name] }];
  });
  return {
    format: 1,
    ...about,
    fps: 25,
    crop: { default: 'kdtalker', size: pictureOf(shape) },
    motionSize: pictureOf(shape),
    output: { width: outputOf(shape), height: outputOf(shape) },
    roles: Object.fromEntries(roles),
    sampler: {
      steps: 50,
      window,
      fixedWindow: false,
      trainTimesteps: 1000,
      betaStart: 1e-5,
      betaEnd: 8e-3,
      smoothing: { process: 0.05, observation: 0.001 },
    },
    statistics,
    ...(faces && { faces }),
  };
}
