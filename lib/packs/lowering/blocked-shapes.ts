import { intOf, intsOf } from './attributes.js';
import { BLOCK, blocksOf } from './domain.js';
import type { Operation, Shape, ShapeRule } from './shapes.js';

/** Shapes of the engine's own operators. Blocked values have no batch: [blocks, (depth,) height, width, 16]. */
export const BLOCKED_SHAPES: Record<string, ShapeRule> = {
  Pack: packed,
  PackBf16: packed,
  Unpack: ({ node, shape }) => unpacked(shape(0), intOf(node, 'channels', 0)),
  Conv: (operation) => convolved(operation, 1),
  UpConv: (operation) => convolved(operation, intOf(operation.node, 'factor', 1)),
  Stats: ({ shape }) => shape(0) && [BLOCK * shape(0)![0]!, 2],
  Spade: ({ node, shape }) => shape(0) && [blocksOf(intOf(node, 'channels', 0)), ...shape(0)!.slice(1)],
  AveragePool: ({ shape }) => shape(0) && scaled(shape(0)!, 1 / 2),
  MaskMotion: ({ shape }) => shape(0) && [1, ...shape(0)!.slice(1, 4), 3],
  Occlusion: ({ shape }) => shape(0) && [1, 1, ...shape(0)!.slice(2, 4)],
};

function packed({ shape }: Operation): Shape {
  const dims = shape(0);
  return dims && [blocksOf(dims[1]!), ...dims.slice(2), BLOCK];
}

function unpacked(dims: Shape, channels: number): Shape {
  return dims && [1, channels, ...dims.slice(1, -1)];
}

function convolved({ node, shape }: Operation, factor: number): Shape {
  const dims = shape(0);
  if (!dims || !intsOf(node, 'kernel')) return undefined;
  return [blocksOf(intOf(node, 'channels', 0)), ...scaled(dims, factor).slice(1)];
}

/** The last two axes before the channels, longer or shorter. */
function scaled(dims: readonly number[], factor: number): number[] {
  return dims.map((length, axis) => {
    return axis === dims.length - 2 || axis === dims.length - 3 ? Math.floor(length * factor) : length;
  });
}
