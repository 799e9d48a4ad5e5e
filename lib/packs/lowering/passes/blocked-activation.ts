import type { EditableNode } from '../../onnx/index.js';
import { floatOf } from '../attributes.js';
import { block, replaceByBlocked } from '../blocked.js';
import type { Pass, PassContext } from '../pass.js';
import { isUnblocked } from './pooling.js';

/**
 * Applies a ReLU that no convolution could absorb to the blocked value: zeros stay zeros. Only in float32, as
 * ONNX Runtime has no other ReLU on a CPU.
 */
export const blockedActivation: Pass = {
  name: 'blocked-activation',
  async run(context) {
    if (context.precision !== 'fp32') return 0;
    const found = context.graph.sorted().filter((node) => fits(context, node));
    for (const node of found) {
      const [input, output] = [node.inputs[0]!, node.outputs[0]!];
      const attributes = node.type === 'LeakyRelu' ? { alpha: floatOf(node, 'alpha', 0.01) } : {};
      const active = context.graph.add({ type: node.type, inputs: [block(context, input)], attributes });
      replaceByBlocked(context, output, active, context.shapes.of(input)![1]!);
    }
    return found.length;
  },
};

function fits({ graph, shapes }: PassContext, node: EditableNode): boolean {
  const rectifies = node.domain === '' && (node.type === 'Relu' || node.type === 'LeakyRelu');
  return (
    rectifies && isUnblocked(graph.producer(node.inputs[0]!)) && shapes.of(node.inputs[0]!) !== undefined
  );
}
