import type { EditableNode } from '../../onnx/index.js';
import { addBlocked, block, replaceByBlocked } from '../blocked.js';
import type { Pass, PassContext } from '../pass.js';
import { isUnblocked } from './pooling.js';

/** A blocked value times one number for each of its cells, which is an output of the network. */
export const masked: Pass = {
  name: 'masked',
  async run(context) {
    return context.graph.sorted().filter((node) => lower(context, node)).length;
  },
};

function lower(context: PassContext, node: EditableNode): boolean {
  const { graph, shapes } = context;
  const value = node.inputs.find((input) => isUnblocked(graph.producer(input)));
  if (node.type !== 'Mul' || node.domain !== '' || !value || !graph.isOutput(node.outputs[0]!)) return false;
  const mask = node.inputs.find((input) => input !== value);
  const [dims, cells] = [shapes.of(value), shapes.of(mask ?? '')];
  if (!dims || cells?.join() !== dims.with(1, 1).join() || graph.constants.has(mask!)) return false;
  const operands = [block(context, value), mask];
  replaceByBlocked(context, node.outputs[0]!, addBlocked(context, 'Masked', operands), dims[1]!);
  return true;
}
