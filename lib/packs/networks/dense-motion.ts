import type { Graph, Value } from '../onnx/index.js';
import { VOLUME } from './appearance.js';
import { hourglass } from './hourglass.js';
import { type Build, convolution, normalisedConvolution } from './layers.js';

const { depth, side } = VOLUME;
const CELLS = depth * side * side;
const KEYPOINTS = 21;
/** Standing still, and going with each keypoint. */
const CANDIDATES = KEYPOINTS + 1;
const COMPRESSED = 4;
const STACKED = CANDIDATES * (1 + COMPRESSED);
/** Variance of a keypoint's heat. */
const HEAT = 0.01;

/** Keypoints of the portrait and of the frame, [1, 21, 3]. */
export interface KeypointPair {
  source: Value;
  driving: Value;
}

/** Where every cell of the frame comes from, [1, 16, 64, 64, 3] in x, y, z, and what is visible, [1, 1, 64, 64]. */
export interface DenseMotion {
  deformation: Value;
  occlusion: Value;
}

/** The dense motion network: keypoints to the motion of every cell of the feature volume (model 9). */
export function denseMotion(b: Build, feature: Value, points: KeypointPair): DenseMotion {
  const { g } = b;
  const shifts = candidateShifts(g, points);
  const stacked = stackedCandidates(g, points, shifts, () => compressed(b, feature));
  const prediction = hourglass(b, 'hourglass', stacked, STACKED);
  const mask = convolution(b, 'mask', prediction.value, {
    from: prediction.width,
    to: CANDIDATES,
    kernel: [7, 7, 7],
  });
  const flat = prediction.width * depth;
  const shape = { from: flat, to: 1, kernel: [7, 7] };
  const occlusion = convolution(
    b,
    'occlusion',
    prediction.value.reshape(1, flat, side, side),
    shape,
  ).sigmoid();
  return { deformation: blended(g, mask.softmax(1), shifts), occlusion };
}

/** What the hourglass sees, [1, 110, 16, 64, 64]: for every candidate its heat and what it would bring of the compressed volume. */
export function stackedCandidates(g: Graph, points: KeypointPair, shifts: Value, volume: () => Value): Value {
  const heat = g.scope('heat', () => heatMaps(g, points));
  const features = g.scope('candidates', () => candidateFeatures(g, volume(), shifts));
  return g.concat(1, [heat, features]).reshape(1, STACKED, depth, side, side);
}

/** The feature volume in 4 channels. */
function compressed(b: Build, feature: Value): Value {
  const keys = { conv: 'compress', norm: 'norm' };
  const shape = { from: VOLUME.channels, to: COMPRESSED, kernel: [1, 1, 1] };
  return normalisedConvolution(b, keys, feature, shape).relu();
}

/** How far from its own place a candidate looks, source - driving, [22, 3]; 0 for standing still. */
export function candidateShifts(g: Graph, { source, driving }: KeypointPair): Value {
  return g.op('Pad', [source.sub(driving).reshape(KEYPOINTS, 3), g.ints([1, 0, 0, 0])]);
}

/** sum(mask * candidate) is the cell's own place plus the mixed shifts, as the mask sums to 1. */
export function blended(g: Graph, mask: Value, shifts: Value): Value {
  const mixed = mask.reshape(CANDIDATES, CELLS).transpose(1, 0).matmul(shifts);
  return mixed.reshape(1, depth, side, side, 3).add(places(g));
}

/** Coordinate of a cell, both ends included. */
const place = (i: number, length: number) => (2 * i) / (length - 1) - 1;

/** The coordinates x, y, z of every cell, [1, 16, 64, 64, 3]. */
function places(g: Graph): Value {
  const lengths = [side, side, depth];
  const data = Float32Array.from({ length: CELLS * 3 }, (_, i) => {
    const cell = Math.floor(i / 3);
    const index = [cell % side, Math.floor(cell / side) % side, Math.floor(cell / (side * side))];
    return place(index[i % 3]!, lengths[i % 3]!);
  });
  return g.constant('places', data, [1, depth, side, side, 3]);
}

/** Heat of each driving keypoint less that of the source, [22, 1, 16, 64, 64]; none for standing still. */
function heatMaps(g: Graph, { source, driving }: KeypointPair): Value {
  const heat = (points: Value) => {
    const [x, y, z] = g.split(points.reshape(KEYPOINTS, 3), 1, [1, 1, 1]) as [Value, Value, Value];
    // A Gaussian in space is the product of three along the axes.
    const along = (coordinate: Value, length: number, shape: number[]) => {
      const axis = g.constant(
        `axis${length}`,
        Float32Array.from({ length }, (_, i) => place(i, length)),
        [1, length],
      );
      return g
        .formula(`exp(${-0.5 / HEAT} * (axis - at)^2)`, { axis, at: coordinate })
        .reshape(KEYPOINTS, ...shape);
    };
    return along(x, side, [1, 1, 1, side])
      .mul(along(y, side, [1, 1, side, 1]))
      .mul(along(z, depth, [1, depth, 1, 1]));
  };
  return g.op('Pad', [heat(driving).sub(heat(source)), g.ints([1, 0, 0, 0, 0, 0, 0, 0, 0, 0])]);
}

/** What each candidate would bring to every cell, [22, 4, 16, 64, 64], of the feature volume compressed to 4 channels. */
function candidateFeatures(g: Graph, volume: Value, shifts: Value): Value {
  // All candidates in one sampling: one grid of 22 times the depth.
  const grid = places(g)
    .add(shifts.reshape(CANDIDATES, 1, 1, 1, 3))
    .reshape(1, CANDIDATES * depth, side, side, 3);
  const sampled = sampledAt(volume, grid).reshape(COMPRESSED, CANDIDATES, depth, side, side);
  return sampled.transpose(1, 0, 2, 3, 4);
}

/** Trilinear samples of x [1, c, d, h, w] at grid [1, d', h', w', 3]; zeros outside, -1 and 1 are the outer faces of the end cells. */
export function sampledAt(x: Value, grid: Value): Value {
  return x.graph.op('GridSample', [x, grid], { mode: 'linear', padding_mode: 'zeros', align_corners: 0 });
}
