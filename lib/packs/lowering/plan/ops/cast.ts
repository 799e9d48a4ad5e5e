import { DATA_TYPE } from '../../../onnx/types.js';
import { intOf } from '../../attributes.js';
import type { NodeContext, PlanNode } from '../node-context.js';

/** Whole numbers to float32. */
export const CASTS: Record<string, PlanNode> = { Cast: cast };

function cast(context: NodeContext): void {
  if (intOf(context.node, 'to', 0) !== DATA_TYPE.float32)
    throw context.refuse('to another type than float32');
  const value = context.any(0);
  if (value.storage.type === 'float32') context.define(value);
  else context.copy(value, context.out(value.layout.dims));
}
