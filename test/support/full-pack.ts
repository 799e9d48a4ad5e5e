import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kdtalkerManifest } from '../../dist/packs/kdtalker/manifest.js';
import { NETWORKS, type NetworkName } from '../../dist/packs/kdtalker/networks.js';
import { appearanceGraph } from '../../dist/packs/networks/appearance.js';
import { decodeGraph } from '../../dist/packs/networks/decode.js';
import { RELEASED } from '../../dist/packs/networks/denoiser-shape.js';
import { motionGraph } from '../../dist/packs/networks/motion.js';
import type { RendererShape } from '../../dist/packs/networks/renderer-shape.js';
import { warpGraph } from '../../dist/packs/networks/warp.js';
import { type Graph, type WrittenModel, writeModel } from '../../dist/packs/onnx/index.js';
import { formulaWeights } from '../../dist/packs/weights/formula.js';

/** A picture of 32 pixels in, one of 64 out; channels are no multiples of what kernels take at a time. */
export const SMALL: RendererShape = {
  volume: { channels: 4, depth: 2, side: 8 },
  appearance: [6, 10, 12],
  motion: { depths: [1, 1, 2, 1], widths: [8, 12, 16, 24] },
  hourglass: { down: [8, 12, 16], up: [12, 8, 4] },
  warped: 12,
  decoder: { widths: [18, 10, 6], hidden: 8 },
};

/**
 * A pack of the full architecture, every network of the published one with every kind of layer, so small that the double of CUDA runs it:
 * a denoiser of one layer, pictures of 32 pixels. Weights are made by formula; it draws noise. Windows have any length.
 */
export async function fullPack(
  folder: string,
  { window = 4, steps = 3, shape = SMALL } = {},
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const weights = formulaWeights('small', shape);
  const denoiser = { ...RELEASED, dim: 64, depth: 1, window };
  const graphs: Record<NetworkName, Graph> = {
    appearance: appearanceGraph(weights.appearance_feature_extractor, shape),
    motion: motionGraph(weights.motion_extractor, shape),
    audio: NETWORKS.audio(weights),
    condition: NETWORKS.condition(weights, denoiser),
    time: NETWORKS.time(weights, denoiser),
    denoiser: NETWORKS.denoiser(weights, denoiser),
    warp: warpGraph(weights.warping_module, shape),
    decode: decodeGraph(weights.spade_generator, shape),
    stitching: NETWORKS.stitching(weights),
    eye: NETWORKS.eye(weights),
    lip: NETWORKS.lip(weights),
  };
  const models = new Map<NetworkName, WrittenModel>();
  for (const [name, graph] of Object.entries(graphs) as [NetworkName, Graph][])
    models.set(name, await writeModel(graph, folder, `${name}.onnx`));
  const identity = {
    name: 'small-full',
    version: '1.0.0',
    description: 'The full architecture, small, with weights by formula',
    licence: { name: 'MIT', nonCommercial: false },
  };
  const manifest = kdtalkerManifest(identity, models, { window, shape }) as {
    sampler: { steps: number };
    crop: { default: string };
  };
  manifest.sampler.steps = steps;
  manifest.crop.default = 'none';
  writeFileSync(join(folder, 'pack.json'), JSON.stringify(manifest));
  return folder;
}
