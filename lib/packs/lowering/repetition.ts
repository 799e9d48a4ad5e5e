import { numbersOf } from '../onnx/index.js';
import { textOf } from './attributes.js';
import type { PassContext } from './pass.js';

/** A value whose last two axes repeat every cell of another value this number of times; 1: it is that value. */
export interface Repetition {
  source: string;
  factor: number;
}

/** Follows nearest resizings upwards, through several of them, as far as `limit` allows. */
export function repetitionOf(context: PassContext, value: string, limit: number): Repetition {
  const { graph } = context;
  const node = graph.producer(value);
  if (node?.type !== 'Resize' || node.domain !== '' || node.inputs[3]) return { source: value, factor: 1 };
  const scales = numbersOf(graph.constants.get(node.inputs[2] ?? '')) ?? [];
  const factor = scales.at(-1)!;
  const nearest =
    textOf(node, 'mode', 'nearest') === 'nearest' &&
    textOf(node, 'coordinate_transformation_mode', 'half_pixel') === 'asymmetric' &&
    textOf(node, 'nearest_mode', 'round_prefer_floor') === 'floor';
  const square = scales.every((scale, axis) => scale === (axis < scales.length - 2 ? 1 : factor));
  if (!nearest || !square || scales.length < 4 || !Number.isInteger(factor) || factor > limit)
    return { source: value, factor: 1 };
  const above = repetitionOf(context, node.inputs[0]!, limit / factor);
  return { source: above.source, factor: factor * above.factor };
}
