import { STATISTICS } from '../kdtalker/statistics.js';
import { sizeOf } from '../onnx/types.js';
import type { CheckpointNetwork } from './weights.js';

/** The values of one tensor lie in centre - scale to centre + scale; a list has one number for each row (first axis). */
export interface Range {
  centre: number | readonly number[];
  scale: number | readonly number[];
}

type Rule = readonly [key: RegExp, range: Range | ((fanIn: number) => Range)];

/** Uniform numbers of standard deviation gain / sqrt(fan-in). */
const gain = (factor: number) => (fanIn: number) => ({ centre: 0, scale: factor * Math.sqrt(3 / fanIn) });
const around = (centre: number, scale: number): Range => ({ centre, scale });

/** A head of the motion extractor whose outputs spread like the published motion. */
const likePublished = (name: 'kp' | 'exp'): Rule[] => [
  [new RegExp(`fc_${name}\\.bias$`), { centre: STATISTICS[name].mean, scale: 0 }],
  [
    new RegExp(`fc_${name}\\.weight$`),
    (fanIn) => ({ centre: 0, scale: STATISTICS[name].std.map((std) => 0.32 * Math.sqrt(3 / fanIn) * std) }),
  ],
];

// The first rule whose pattern occurs in the key decides; vectors of normalisations and biases are COMMON to all networks.
const RULES: Record<CheckpointNetwork, readonly Rule[]> = {
  appearance_feature_extractor: [
    [/^resblocks_3d.*conv\d\.weight$/, gain(0.8)],
    [/(conv|second)\.weight$/, gain(1.4)],
  ],
  motion_extractor: [
    [/grn\.(gamma|beta)$/, around(0, 0.3)],
    [/downsample_layers\.(0\.0|[1-3]\.1)\.weight$/, gain(1.4)],
    [/conv\d?\.weight$/, gain(0.7)],
    [/fc_scale\.weight$/, gain(0.08)],
    [/fc_scale\.bias$/, around(1.6, 0.05)],
    [/fc_(pitch|yaw|roll)\.weight$/, gain(0.96)],
    [/fc_(pitch|yaw|roll)\.bias$/, around(0, 0.5)],
    [/fc_t\.weight$/, gain(0.064)],
    [/fc_t\.bias$/, around(0, 0.02)],
    ...likePublished('kp'),
    ...likePublished('exp'),
  ],
  warping_module: [[/(conv|mask|compress|occlusion|fourth)\.weight$/, gain(1.4)]],
  spade_generator: [
    [/mlp_(gamma|beta)\.weight$/, gain(0.5)],
    [/(mlp_shared\.0\.weight|weight_orig)$/, gain(0.8)],
    [/^(fc|conv_img\.0)\.weight$/, gain(1.4)],
  ],
  retarget_shoulder: [[/weight$/, gain(1.4)]],
  retarget_mouth: [[/weight$/, gain(1.4)]],
  retarget_eye: [[/weight$/, gain(1.4)]],
  kdtalker: [
    [/gamma$/, around(1, 0.1)],
    [/beta$/, around(0, 0.05)],
    [/relative_attention_bias\.weight$/, gain(1)],
    [/output_projection\.weight$/, gain(0.12)],
    [/weight$/, gain(0.6)],
  ],
  wav2lip_audio_encoder: [[/conv_block\.0\.weight$/, gain(0.9)]],
};

const COMMON: readonly Rule[] = [
  [/bias$/, around(0, 0.05)],
  [/running_mean$/, around(0, 0.1)],
  [/running_var$/, around(1, 0.3)],
  [/weight$/, around(1, 0.1)],
];

/** The range of a tensor of formula weights. */
export function rangeOf(network: CheckpointNetwork, key: string, dims: readonly number[]): Range {
  const rule = [...RULES[network], ...COMMON].find(([pattern]) => pattern.test(key));
  if (!rule) throw new RangeError(`Expected a key of ${network} but received '${key}'`);
  return typeof rule[1] === 'function' ? rule[1](sizeOf(dims.slice(1))) : rule[1];
}
