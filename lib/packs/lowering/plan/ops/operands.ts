import { floatOf, textOf } from '../../attributes.js';
import { type Activation, SLOPES } from '../../convolution.js';
import { DOMAIN } from '../../domain.js';
import { denseLayout, type Layout } from '../layout.js';
import type { NodeContext } from '../node-context.js';
import { PACKED_INPUT, packedCount, packedName, packingOf } from '../packed-weights.js';
import type { PlanValue } from '../storage.js';

/** The slope below zero of a node's activation. */
export const slopeOf = ({ node }: NodeContext) =>
  SLOPES[textOf(node, 'activation', 'none') as Activation['activation']](floatOf(node, 'alpha', 0));

/** The numbers of a convolution before its buffers, as `ProductOf` takes them. */
export function productOf({ node }: NodeContext, { layout }: PlanValue): number[] {
  const { slices, side, groups } = packingOf(node)!;
  const cells = cellsOf(layout);
  return [layout.dims[0]!, slices, side, groups, ...(cells.length === 3 ? cells : [1, ...cells])];
}

/** Lengths of the axes between blocks and lanes. */
export const cellsOf = ({ dims }: Layout) => dims.slice(1, -1);

/** The bias, a number for every lane of the outputs' blocks. */
export const biasOf = (context: NodeContext) => context.planner.dense(context.input(2), context.node);

export function packedWeights({ node }: NodeContext): PlanValue {
  const packing = packingOf(node)!;
  const [elements, name] = [packedCount(packing), packedName(node.inputs[PACKED_INPUT]!, packing)];
  return { storage: { where: 'weights', type: 'float16', elements, name }, layout: denseLayout([elements]) };
}

/** Dims of the means of two by two cells of a blocked value. */
export const pooledDims = (dims: readonly number[]): number[] =>
  dims.map((length, axis) => (axis === dims.length - 2 || axis === dims.length - 3 ? length / 2 : length));

/**
 * Where the means of two by two cells of a convolution's result go, if they are all that is read of it: the output of the node that takes them,
 * which {@link isPooled} says is made then.
 *
 * @param dims of the result
 */
export function pooledOutput({ planner, node }: NodeContext, dims: readonly number[]): PlanValue | undefined {
  const name = node.outputs[0]!;
  const user = planner.graph.usedOnce(name) ? planner.graph.users(name)[0] : undefined;
  if (user?.domain !== DOMAIN || user.type !== 'AveragePool') return undefined;
  return planner.target(user.outputs[0]!, pooledDims(dims), 'float16');
}

/** Whether a node's means are written by the convolution that makes its input. */
export const isPooled = ({ planner, node }: NodeContext) => planner.written.has(node.outputs[0]!);
