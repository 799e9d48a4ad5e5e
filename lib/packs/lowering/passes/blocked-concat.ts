import type { EditableNode } from '../../onnx/index.js';
import { intOf } from '../attributes.js';
import { block, replaceByBlocked } from '../blocked.js';
import { BLOCK } from '../domain.js';
import type { Pass, PassContext } from '../pass.js';
import { isUnblocked } from './pooling.js';

/**
 * Replaces a concatenation of channels, some of them already blocked, with a concatenation of blocks. All inputs but the last
 * must fill their blocks, so that the padding lanes come at the end.
 */
export const blockedConcat: Pass = {
  name: 'blocked-concat',
  async run(context) {
    const found = context.graph.sorted().filter((node) => fits(context, node));
    for (const node of found) {
      const blocked = node.inputs.map((input) => block(context, input));
      const joined = context.graph.add({ type: 'Concat', inputs: blocked, attributes: { axis: 0 } });
      const output = node.outputs[0]!;
      replaceByBlocked(context, output, joined, context.shapes.of(output)![1]!);
    }
    return found.length;
  },
};

function fits({ graph, shapes }: PassContext, node: EditableNode): boolean {
  if (node.type !== 'Concat' || node.domain !== '' || intOf(node, 'axis', 0) !== 1) return false;
  const dims = node.inputs.map((input) => shapes.of(input));
  const known = dims.every((shape) => shape !== undefined && shape.length >= 4 && shape[0] === 1);
  const filled = dims.slice(0, -1).every((shape) => shape && shape[1]! % BLOCK === 0);
  return known && filled && node.inputs.some((input) => isUnblocked(graph.producer(input)));
}
