import type { EditableNode } from '../../onnx/index.js';
import { intOf, intsOf, textOf } from '../attributes.js';
import { addBlocked, block, replaceByBlocked } from '../blocked.js';
import { DOMAIN } from '../domain.js';
import type { Pass, PassContext } from '../pass.js';

/** Averages two by two cells of the last axes of blocked values. */
export const pooling: Pass = {
  name: 'pooling',
  async run(context) {
    const found = context.graph.sorted().filter((node) => halves(context, node));
    for (const node of found) {
      const [input, output] = [node.inputs[0]!, node.outputs[0]!];
      const pooled = addBlocked(context, 'AveragePool', [block(context, input)]);
      replaceByBlocked(context, output, pooled, context.shapes.of(input)![1]!);
    }
    return found.length;
  },
};

function halves({ graph, shapes }: PassContext, node: EditableNode): boolean {
  if (node.type !== 'AveragePool' || node.domain !== '' || !isUnblocked(graph.producer(node.inputs[0]!)))
    return false;
  const dims = shapes.of(node.inputs[0]!);
  const window = [1, 1, 1, 2, 2].slice(-(dims?.length ?? 0) + 2);
  const even = dims?.slice(-2).every((length) => length % 2 === 0) ?? false;
  const plain =
    textOf(node, 'auto_pad', 'NOTSET') === 'NOTSET' &&
    intOf(node, 'ceil_mode', 0) === 0 &&
    !intsOf(node, 'pads')?.some(Boolean) &&
    (intsOf(node, 'dilations')?.every((value) => value === 1) ?? true);
  const same = (name: string) => intsOf(node, name)?.join() === window.join();
  return even && plain && same('kernel_shape') && same('strides');
}

/** Whether a node turns a blocked value into a plain one. */
export function isUnblocked(node: EditableNode | undefined): boolean {
  return node?.domain === DOMAIN && node.type === 'Unblock';
}
