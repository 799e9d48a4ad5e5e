import { intOf, intsOf } from './attributes.js';
import { BLOCK, blocksOf } from './domain.js';
import type { Operation, Shape, ShapeRule } from './shape-rule.js';

/** Shapes of the engine's own operators. Blocked values have no batch: [blocks, (depth,) height, width, 16]. */
export const BLOCKED_SHAPES: Record<string, ShapeRule> = {
  Block: blocked,
  BlockBf16: blocked,
  Unblock: ({ node, shape }) => unblocked(shape(0), intOf(node, 'channels', 0)),
  Conv: (operation) => convolved(operation, 1),
  UpConv: (operation) => convolved(operation, intOf(operation.node, 'factor', 1)),
  Stats: ({ shape }) => shape(0) && [BLOCK * shape(0)![0]!, 2],
  Spade: ({ node, shape }) => shape(0) && [blocksOf(intOf(node, 'channels', 0)), ...shape(0)!.slice(1)],
  AveragePool: ({ shape }) => shape(0) && scaled(shape(0)!, 1 / 2),
  DenseMotionInput: ({ shape }) => stacked(shape(0), shape(1)),
  DenseMotionInputBf16: ({ shape }) => stacked(shape(0), shape(1)),
  CellsFirst: ({ shape }) => shape(0) && [...shape(0)!.slice(2), shape(0)![1]!],
  SampleVolume: ({ shape }) => sampled(shape(0), shape(1)),
  SampleVolumeBf16: ({ shape }) => sampled(shape(0), shape(1)),
  MotionInput: ({ shape }) => shape(0) && [MOTION_BLOCKS, ...shape(0)!.slice(1)],
  SampleBlocks: ({ node, shape }) => sampled([intOf(node, 'channels', 0)], shape(1)),
  Masked: ({ shape }) => shape(0),
  UpConvEnd: ({ node, shape }) => shape(0) && ended(shape(0)!, node),
  MaskMotion: ({ shape }) => shape(0) && [1, ...shape(0)!.slice(1, 4), 3],
  Picture: ({ node, shape }) =>
    shape(0) && [1, intOf(node, 'channels', 0), 2 * shape(0)![1]!, 2 * shape(0)![2]!],
  Occlusion: ({ shape }) => shape(0) && [1, 1, ...shape(0)!.slice(2, 4)],
};

/** Of 22 candidates with a heat and four features each. */
const MOTION_BLOCKS = blocksOf(22 * 5);

function ended(dims: readonly number[], node: Operation['node']): number[] {
  return [blocksOf(intOf(node, 'channels', 0)), ...scaled(dims, intOf(node, 'factor', 1)).slice(1)];
}

function blocked({ shape }: Operation): Shape {
  const dims = shape(0);
  return dims && [blocksOf(dims[1]!), ...dims.slice(2), BLOCK];
}

function unblocked(dims: Shape, channels: number): Shape {
  return dims && [1, channels, ...dims.slice(1, -1)];
}

function convolved({ node, shape }: Operation, factor: number): Shape {
  const dims = shape(0);
  if (!dims || !intsOf(node, 'kernel')) return undefined;
  return [blocksOf(intOf(node, 'channels', 0)), ...scaled(dims, factor).slice(1)];
}

/** For each keypoint, and for no motion, its heat and the channels of the volume [1, channels, depth, height, width]. */
function stacked(volume: Shape, points: Shape): Shape {
  return volume && points && [blocksOf((points[1]! + 1) * (volume[1]! + 1)), ...volume.slice(2), BLOCK];
}

/** Channels times depth of a volume [..., channels] sampled at [1, depth, height, width, 3]. */
function sampled(volume: Shape, grid: Shape): Shape {
  return volume && grid && [blocksOf(volume.at(-1)! * grid[1]!), grid[2]!, grid[3]!, BLOCK];
}

/** The last two axes before the channels, longer or shorter. */
function scaled(dims: readonly number[], factor: number): number[] {
  return dims.map((length, axis) => {
    return axis === dims.length - 2 || axis === dims.length - 3 ? Math.floor(length * factor) : length;
  });
}
