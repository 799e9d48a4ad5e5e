import type { EditableNode } from '../../onnx/index.js';
import { intOf, textOf } from '../attributes.js';
import { addBlocked, block } from '../blocked.js';
import { BLOCK } from '../domain.js';
import type { Pass, PassContext } from '../pass.js';
import { isUnblocked } from './pooling.js';

/** Pixels of a cell along each side. */
const SIDE = 2;

/** A blocked value whose channels become squares of pixels, with a sigmoid: a picture. */
export const picture: Pass = {
  name: 'picture',
  async run(context) {
    return context.graph.sorted().filter((node) => lower(context, node)).length;
  },
};

function lower(context: PassContext, node: EditableNode): boolean {
  const { graph, shapes } = context;
  const drawn = node.type === 'Sigmoid' && node.domain === '' ? graph.producer(node.inputs[0]!) : undefined;
  if (drawn?.type !== 'DepthToSpace' || textOf(drawn, 'mode', 'DCR') !== 'CRD') return false;
  if (intOf(drawn, 'blocksize', 1) !== SIDE || !isUnblocked(graph.producer(drawn.inputs[0]!))) return false;
  const lanes = shapes.of(drawn.inputs[0]!)?.[1] ?? Number.POSITIVE_INFINITY;
  if (lanes > BLOCK || !graph.usedOnce(node.inputs[0]!)) return false;
  const operands = [block(context, drawn.inputs[0]!)];
  graph.replace(node.outputs[0]!, addBlocked(context, 'Picture', operands, { channels: lanes / SIDE ** 2 }));
  return true;
}
