import type { EditableNode } from '../../onnx/index.js';
import { named } from '../blocked.js';
import { DOMAIN } from '../domain.js';
import type { Pass, PassContext } from '../pass.js';

/** Removes the blocking of an unblocked value, and blocks a value only once for several users. */
export const cancelBlocking: Pass = {
  name: 'cancel-blocking',
  async run(context) {
    const nodes = context.graph.sorted().filter(isBlock);
    const first = new Map<string, string>();
    const cancelled = nodes.filter((node) => cancel(context, node, first));
    return cancelled.length;
  },
};

const BLOCKS: readonly string[] = [named('Block', 'fp32'), named('Block', 'bf16')];

function isBlock(node: EditableNode): boolean {
  return node.domain === DOMAIN && BLOCKS.includes(node.type);
}

/** The operator that blocks to the precision of a blocked value. */
function blockerOf({ exact, precision }: PassContext, blocked: string): string {
  return named('Block', exact.has(blocked) ? 'fp32' : precision);
}

function cancel(context: PassContext, node: EditableNode, first: Map<string, string>): boolean {
  const [value, blocked] = [node.inputs[0]!, node.outputs[0]!];
  const known = unblockedAlike(context, node) ?? first.get(`${node.type} ${value}`);
  if (known === undefined) {
    first.set(`${node.type} ${value}`, blocked);
    return false;
  }
  context.graph.replace(blocked, known);
  return true;
}

/** The blocked source of a node's unblocked input, if the node blocks it to the same precision. */
function unblockedAlike(context: PassContext, node: EditableNode): string | undefined {
  const maker = context.graph.producer(node.inputs[0]!);
  if (maker?.domain !== DOMAIN || maker.type !== 'Unblock') return undefined;
  const source = maker.inputs[0]!;
  return blockerOf(context, source) === node.type ? source : undefined;
}
