/**
 * The source of a network's trained numbers: a formula or a checkpoint. Keys are those of the released checkpoints
 * below the prefix of the whole network, e.g. `detector.fc_kp.weight`; elements are row-major.
 */
export interface Weights {
  /** The elements of one tensor. Throws when no tensor has that key and shape; must return the same at every call. */
  floats(key: string, dims: readonly number[]): Float32Array;
  /** Called for every tensor that a network needs, while its graph is built and before any tensor is read. */
  expect?(key: string, dims: readonly number[]): void;
}

/** The networks that have weights, by the names of their released files; wav2lip's is only its audio encoder. */
export const CHECKPOINT_NETWORKS = [
  'appearance_feature_extractor',
  'motion_extractor',
  'warping_module',
  'spade_generator',
  'retarget_shoulder',
  'retarget_mouth',
  'retarget_eye',
  'kdtalker',
  'wav2lip_audio_encoder',
] as const;

/** Name of a network in its checkpoint. */
export type CheckpointNetwork = (typeof CHECKPOINT_NETWORKS)[number];

/** The weights of every network. */
export type AllWeights = Record<CheckpointNetwork, Weights>;

/** A tensor of a checkpoint: its key and shape. */
export interface WeightShape {
  key: string;
  dims: readonly number[];
}

/** The weights below a prefix: `under(w, 'a.').floats('b')` is `a.b`. */
export function under(weights: Weights, prefix: string): Weights {
  return {
    floats: (key, dims) => weights.floats(prefix + key, dims),
    expect: (key, dims) => weights.expect?.(prefix + key, dims),
  };
}
