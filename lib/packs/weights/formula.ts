import { spectralWeightShape } from '../networks/decode-shapes.js';
import { PUBLISHED, type RendererShape } from '../networks/renderer-shape.js';
import { sizeOf } from '../onnx/types.js';
import { type Range, rangeOf } from './ranges.js';
import { spectralVectors } from './spectral.js';
import { type AllWeights, CHECKPOINT_NETWORKS, type CheckpointNetwork, type Weights } from './weights.js';

/**
 * Weights made by a formula instead of training, for tests and measurements of the full-size networks: uniform numbers from
 * a hash of salt, network, key and index, in ranges that keep the numbers of every stage near 1. The same salt gives the
 * same bits everywhere.
 */
export function formulaWeights(salt: string, shape: RendererShape = PUBLISHED): AllWeights {
  const entries = CHECKPOINT_NETWORKS.map((network) => [network, networkWeights(salt, network, shape)]);
  return Object.fromEntries(entries) as AllWeights;
}

function networkWeights(salt: string, network: CheckpointNetwork, { decoder }: RendererShape): Weights {
  const plain = (key: string, dims: readonly number[]) =>
    uniform(fnv1a32(`${salt}${network}.${key}`), dims, rangeOf(network, key, dims));
  // Callers request the two vectors of a layer in turn, and they cost several passes over its weight: this keeps the last pair.
  let last: { layer: string; u: Float32Array; v: Float32Array } | undefined;
  const spectral = (layer: string, vector: 'u' | 'v') => {
    if (last?.layer !== layer) {
      const dims = spectralWeightShape(layer, decoder.widths);
      const start = uniform(fnv1a32(`${salt}${network}.${layer}.weight_u`), [dims[0]!], START);
      last = { layer, ...spectralVectors(plain(`${layer}.weight_orig`, dims), start) };
    }
    return last[vector];
  };
  return {
    floats(key, dims) {
      const found = /^(.*)\.weight_([uv])$/.exec(key);
      return found ? spectral(found[1]!, found[2] as 'u' | 'v') : plain(key, dims);
    },
  };
}

/** The start vector of a layer's power iteration. */
const START: Range = { centre: 0, scale: 1 };

/** Uniform numbers in a range, float64 rounded once. */
export function uniform(seed: number, dims: readonly number[], { centre, scale }: Range): Float32Array {
  const out = new Float32Array(sizeOf(dims));
  const rows = typeof centre === 'number' && typeof scale === 'number' ? 1 : dims[0]!;
  const perRow = out.length / rows;
  for (let row = 0; row < rows; row++) {
    const [c, s] = [at(centre, row), at(scale, row)];
    fillUniform(out.subarray(row * perRow, (row + 1) * perRow), hashOf(seed, row * perRow), c, s);
  }
  return out;
}

const at = (value: number | readonly number[], row: number) =>
  typeof value === 'number' ? value : value[row]!;

const STEP = 0x9e3779b1;
const hashOf = (seed: number, index: number) => (seed + Math.imul(index, STEP)) | 0;

/** The hot loop of making a pack: MurmurHash3's finaliser of a counter, its upper 24 bits as 0..1. */
function fillUniform(out: Float32Array, first: number, centre: number, scale: number): void {
  let counter = first;
  for (let i = 0; i < out.length; i++) {
    let h = counter ^ (counter >>> 16);
    h = Math.imul(h, 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
    out[i] = centre + scale * (2 * ((h >>> 8) / 16777216) - 1);
    counter = (counter + STEP) | 0;
  }
}

/** The 32-bit FNV-1a hash of a text's UTF-8 bytes. */
function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
