import type { EditableNode } from '../../onnx/index.js';
import { packOperator } from '../blocked.js';
import { DOMAIN } from '../domain.js';
import type { Pass, PassContext } from '../pass.js';

/** What was unpacked is not packed again, and what is needed packed by several is packed once. */
export const cancelRepacking: Pass = {
  name: 'cancel-repacking',
  async run(context) {
    const packs = context.graph.sorted().filter((node) => isPack(context, node));
    const first = new Map<string, string>();
    const cancelled = packs.filter((node) => cancel(context, node, first));
    return cancelled.length;
  },
};

function isPack({ precision }: PassContext, node: EditableNode): boolean {
  return node.domain === DOMAIN && node.type === packOperator(precision);
}

function cancel({ graph }: PassContext, node: EditableNode, first: Map<string, string>): boolean {
  const [value, blocked] = [node.inputs[0]!, node.outputs[0]!];
  const maker = graph.producer(value);
  const unpacked = maker?.domain === DOMAIN && maker.type === 'Unpack';
  const known = unpacked ? maker.inputs[0]! : first.get(value);
  if (known === undefined) {
    first.set(value, blocked);
    return false;
  }
  graph.replace(blocked, known);
  return true;
}
