import { appearanceGraph } from '../networks/appearance.js';
import { audioGraph } from '../networks/audio.js';
import { decodeGraph } from '../networks/decode.js';
import { conditionGraph, denoiserGraph, timeGraph } from '../networks/denoiser.js';
import { type DenoiserShape, RELEASED } from '../networks/denoiser-shape.js';
import { motionGraph } from '../networks/motion.js';
import { eyeGraph, lipGraph, stitchingGraph } from '../networks/retargeting.js';
import { warpGraph } from '../networks/warp.js';
import type { Graph } from '../onnx/index.js';
import {
  type AllWeights,
  CHECKPOINT_NETWORKS,
  type CheckpointNetwork,
  type WeightShape,
} from '../weights/weights.js';

/** The graphs of the model, each made from the weights of its network's checkpoint; the shapes are those of the denoiser and of the other networks, default the published. */
export const NETWORKS = {
  appearance: (weights: AllWeights) => appearanceGraph(weights.appearance_feature_extractor),
  motion: (weights: AllWeights) => motionGraph(weights.motion_extractor),
  audio: (weights: AllWeights) => audioGraph(weights.wav2lip_audio_encoder),
  condition: (weights: AllWeights, shape?: DenoiserShape) => conditionGraph(weights.kdtalker, shape),
  time: (weights: AllWeights, shape?: DenoiserShape) => timeGraph(weights.kdtalker, shape),
  denoiser: (weights: AllWeights, shape?: DenoiserShape) => denoiserGraph(weights.kdtalker, shape),
  warp: (weights: AllWeights) => warpGraph(weights.warping_module),
  decode: (weights: AllWeights) => decodeGraph(weights.spade_generator),
  stitching: (weights: AllWeights) => stitchingGraph(weights.retarget_shoulder),
  eye: (weights: AllWeights) => eyeGraph(weights.retarget_eye),
  lip: (weights: AllWeights) => lipGraph(weights.retarget_mouth),
} satisfies Record<string, (weights: AllWeights, shape?: DenoiserShape) => Graph>;

/** Name of a graph of the published model. */
export type NetworkName = keyof typeof NETWORKS;

/**
 * Every tensor that the graphs (default: all) use from each checkpoint, in the order of the graphs. A checkpoint also contains
 * unused tensors: counters of batches, constants, and the second normalisation of the denoiser's blocks.
 */
export function expectedWeights(
  graphs = Object.keys(NETWORKS) as NetworkName[],
  shape = RELEASED,
): Record<CheckpointNetwork, WeightShape[]> {
  const seen = new Map(CHECKPOINT_NETWORKS.map((name) => [name, new Map<string, WeightShape>()]));
  const recorders = [...seen].map(([name, shapes]) => [
    name,
    {
      floats: () => new Float32Array(),
      expect: (key: string, dims: readonly number[]) => void shapes.set(key, { key, dims }),
    },
  ]);
  const weights = Object.fromEntries(recorders) as AllWeights;
  for (const graph of graphs) NETWORKS[graph](weights, shape);
  const lists = [...seen].map(([name, shapes]) => [name, [...shapes.values()]]);
  return Object.fromEntries(lists) as Record<CheckpointNetwork, WeightShape[]>;
}
