import { STATE_PREFIXES } from '../checkpoint/index.js';
import type { CheckpointNetwork } from '../weights/weights.js';

/** LivePortrait's released files, by their names without extension. */
export const LIVEPORTRAIT_FILES = [
  'appearance_feature_extractor',
  'motion_extractor',
  'warping_module',
  'spade_generator',
  'stitching_retargeting_module',
] as const;

/** A released file of weights. */
export type SourceFile = 'kdtalker' | 'wav2lip' | (typeof LIVEPORTRAIT_FILES)[number];

/** The location of a network's weights. */
export interface Source {
  file: SourceFile;
  /** Possible prefixes of the names, when they differ from {@link STATE_PREFIXES}. */
  prefixes?: readonly string[];
  /** Tensors of the file to ignore. */
  ignored(name: string): boolean;
}

const isCounter = (name: string) => name.endsWith('.num_batches_tracked');

// The denoiser's constants, and the second normalisation of its blocks, which has weights but is unused.
const isConstant = (name: string) =>
  name.endsWith('positional_encoding.freq_bands') || name.endsWith('rotary_emb.freqs');
const isUnusedNorm = (name: string) => /\.block2\.norm\.(gamma|beta)$/.test(name);

/** The retargeting networks are in one file, each in a dict of its own. */
function retargeting(network: string): Source {
  const prefixes = STATE_PREFIXES.flatMap((place) => [`${place}${network}.module.`, `${place}${network}.`]);
  return { file: 'stitching_retargeting_module', prefixes, ignored: () => false };
}

/** The file of every network, and the other contents of that file. */
export const SOURCES: Record<CheckpointNetwork, Source> = {
  appearance_feature_extractor: { file: 'appearance_feature_extractor', ignored: isCounter },
  motion_extractor: { file: 'motion_extractor', ignored: isCounter },
  warping_module: { file: 'warping_module', ignored: isCounter },
  spade_generator: { file: 'spade_generator', ignored: isCounter },
  retarget_shoulder: retargeting('retarget_shoulder'),
  retarget_mouth: retargeting('retarget_mouth'),
  retarget_eye: retargeting('retarget_eye'),
  // The dicts beside the network are from training: optimizer, averages.
  kdtalker: {
    file: 'kdtalker',
    ignored: (name) => !name.startsWith('point_model.model.') || isConstant(name) || isUnusedNorm(name),
  },
  // The file also holds Wav2Lip's face networks.
  wav2lip_audio_encoder: {
    file: 'wav2lip',
    ignored: (name) => !name.startsWith('audio_encoder.') || isCounter(name),
  },
};
