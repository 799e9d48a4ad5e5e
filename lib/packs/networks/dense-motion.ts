import type { Graph, Value } from '../onnx/index.js';
import { hourglass } from './hourglass.js';
import { type Build, convolution, normalisedConvolution } from './layers.js';
import { type RendererShape, VOLUME } from './renderer-shape.js';

/** Depth, and height and width, of the feature volume. */
type Size = Pick<RendererShape['volume'], 'depth' | 'side'>;

const KEYPOINTS = 21;
/** Candidates for the motion of a cell: no motion, and the motion of each keypoint. */
const CANDIDATES = KEYPOINTS + 1;
const COMPRESSED = 4;
const STACKED = CANDIDATES * (1 + COMPRESSED);
/** Variance of the Gaussian around a keypoint. */
const HEAT = 0.01;

/** Keypoints of the portrait and of the frame, [1, 21, 3]. */
export interface KeypointPair {
  source: Value;
  driving: Value;
}

/** The source of every cell of the frame, [1, 16, 64, 64, 3] in x, y, z, and its visibility, [1, 1, 64, 64]. */
export interface DenseMotion {
  deformation: Value;
  occlusion: Value;
}

/** The dense motion network computes the motion of every cell of the feature volume from the keypoints (docs/model.md 9). */
export function denseMotion(
  b: Build,
  feature: Value,
  points: KeypointPair,
  { volume, hourglass: channels }: RendererShape,
): DenseMotion {
  const { g } = b;
  const { depth, side } = volume;
  const shifts = candidateShifts(g, points);
  const stacked = stackedCandidates(g, points, shifts, () => compressed(b, feature, volume.channels), volume);
  const prediction = hourglass(b, 'hourglass', { value: stacked, width: STACKED }, channels);
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
  return { deformation: blended(g, mask.softmax(1), shifts, volume), occlusion };
}

/** The hourglass's input, [1, 110, 16, 64, 64]: for every candidate its heat, and the compressed volume moved by it. */
export function stackedCandidates(
  g: Graph,
  points: KeypointPair,
  shifts: Value,
  volume: () => Value,
  size: Size = VOLUME,
): Value {
  const heat = g.scope('heat', () => heatMaps(g, points, size));
  const features = g.scope('candidates', () => candidateFeatures(g, volume(), shifts, size));
  return g.concat(1, [heat, features]).reshape(1, STACKED, size.depth, size.side, size.side);
}

/** The feature volume compressed to 4 channels. */
function compressed(b: Build, feature: Value, from: number): Value {
  const keys = { conv: 'compress', norm: 'norm' };
  const shape = { from, to: COMPRESSED, kernel: [1, 1, 1] };
  return normalisedConvolution(b, keys, feature, shape).relu();
}

/** The shift of each candidate, source - driving, [22, 3]; 0 for no motion. */
export function candidateShifts(g: Graph, { source, driving }: KeypointPair): Value {
  return g.op('Pad', [source.sub(driving).reshape(KEYPOINTS, 3), g.ints([1, 0, 0, 0])]);
}

/** Because the mask sums to 1, sum(mask * candidate) is the cell's own position plus the weighted sum of the shifts. */
export function blended(g: Graph, mask: Value, shifts: Value, size: Size = VOLUME): Value {
  const { depth, side } = size;
  const mixed = mask
    .reshape(CANDIDATES, depth * side * side)
    .transpose(1, 0)
    .matmul(shifts);
  return mixed.reshape(1, depth, side, side, 3).add(places(g, size));
}

/** The coordinate of a cell; the first cell has -1, the last 1. */
const place = (i: number, length: number) => (2 * i) / (length - 1) - 1;

/** The coordinates x, y, z of every cell, [1, 16, 64, 64, 3]. */
function places(g: Graph, { depth, side }: Size): Value {
  const lengths = [side, side, depth];
  const data = Float32Array.from({ length: depth * side * side * 3 }, (_, i) => {
    const cell = Math.floor(i / 3);
    const index = [cell % side, Math.floor(cell / side) % side, Math.floor(cell / (side * side))];
    return place(index[i % 3]!, lengths[i % 3]!);
  });
  return g.constant('places', data, [1, depth, side, side, 3]);
}

/** The heat of each driving keypoint minus that of the source keypoint, [22, 1, 16, 64, 64]; 0 for no motion. */
function heatMaps(g: Graph, { source, driving }: KeypointPair, { depth, side }: Size): Value {
  const heat = (points: Value) => {
    const [x, y, z] = g.split(points.reshape(KEYPOINTS, 3), 1, [1, 1, 1]) as [Value, Value, Value];
    // A Gaussian in space is the product of three Gaussians along the axes.
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

/** The compressed feature volume moved by each candidate, [22, 4, 16, 64, 64]. */
function candidateFeatures(g: Graph, volume: Value, shifts: Value, size: Size): Value {
  const { depth, side } = size;
  // One sampling serves all candidates: its grid has 22 times the depth.
  const grid = places(g, size)
    .add(shifts.reshape(CANDIDATES, 1, 1, 1, 3))
    .reshape(1, CANDIDATES * depth, side, side, 3);
  const sampled = sampledAt(volume, grid).reshape(COMPRESSED, CANDIDATES, depth, side, side);
  return sampled.transpose(1, 0, 2, 3, 4);
}

/** Trilinear samples of x [1, c, d, h, w] at grid [1, d', h', w', 3]. -1 and 1 are the outer faces of the first and last cell; outside is 0. */
export function sampledAt(x: Value, grid: Value): Value {
  return x.graph.op('GridSample', [x, grid], { mode: 'linear', padding_mode: 'zeros', align_corners: 0 });
}
