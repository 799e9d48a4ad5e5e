import type { EditableNode } from '../../onnx/index.js';
import { named } from '../blocked.js';
import { DOMAIN } from '../domain.js';
import type { Pass, PassContext } from '../pass.js';

/** What was unpacked is not packed again, and what is needed packed by several is packed once. */
export const cancelRepacking: Pass = {
  name: 'cancel-repacking',
  async run(context) {
    const packs = context.graph.sorted().filter(isPack);
    const first = new Map<string, string>();
    const cancelled = packs.filter((node) => cancel(context, node, first));
    return cancelled.length;
  },
};

const PACKS: readonly string[] = [named('Pack', 'fp32'), named('Pack', 'bf16')];

function isPack(node: EditableNode): boolean {
  return node.domain === DOMAIN && PACKS.includes(node.type);
}

/** The operator that would pack to the precision that a blocked value has. */
function packerOf({ exact, precision }: PassContext, blocked: string): string {
  return named('Pack', exact.has(blocked) ? 'fp32' : precision);
}

function cancel(context: PassContext, node: EditableNode, first: Map<string, string>): boolean {
  const [value, blocked] = [node.inputs[0]!, node.outputs[0]!];
  const known = unpackedAlike(context, node) ?? first.get(`${node.type} ${value}`);
  if (known === undefined) {
    first.set(`${node.type} ${value}`, blocked);
    return false;
  }
  context.graph.replace(blocked, known);
  return true;
}

/** The blocked value that a node's input was unpacked from, where the node would pack it to the same precision. */
function unpackedAlike(context: PassContext, node: EditableNode): string | undefined {
  const maker = context.graph.producer(node.inputs[0]!);
  if (maker?.domain !== DOMAIN || maker.type !== 'Unpack') return undefined;
  const source = maker.inputs[0]!;
  return packerOf(context, source) === node.type ? source : undefined;
}
