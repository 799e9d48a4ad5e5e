import { blended, candidateShifts } from '../../networks/dense-motion.js';
import { VOLUME } from '../../networks/renderer-shape.js';
import { type EditableNode, Graph } from '../../onnx/index.js';
import { addBlocked, block } from '../blocked.js';
import { type Convolution, convolutionOf } from '../convolution.js';
import type { Pass, PassContext } from '../pass.js';
import { Template } from '../template.js';
import { laidOutWeights } from '../weights.js';

const { depth, side } = VOLUME;
const CANDIDATES = 22;
/** Channels of the mask convolution's input volume. */
const INPUTS = 142;
const KERNEL = [7, 7, 7] as const;

/** The 7x7x7 mask convolution with the softmax over candidates and the mixing of their motions. */
export const maskMotion: Pass = {
  name: 'mask-motion',
  async run(context) {
    if (!context.graph.nodes.some((node) => maskOf(context, node))) return 0;
    const template = new Template(part());
    let found = 0;
    for (const node of context.graph.sorted()) {
      if (node.type !== template.end.type) continue;
      const bound = await template.match(context, node.outputs[0]!);
      const lowered =
        bound && lower(context, bound.get('mask')!, bound.get('source')!, bound.get('driving')!);
      if (!lowered) continue;
      context.graph.replace(node.outputs[0]!, lowered);
      found++;
    }
    return found;
  },
};

function lower(context: PassContext, mask: string, source: string, driving: string): string | undefined {
  const node = context.graph.producer(mask);
  const convolution = node && maskOf(context, node);
  if (!convolution?.bias) return undefined;
  const { input, weight, bias, inputs, outputs, kernel } = convolution;
  const weights = laidOutWeights(context, weight, {
    operator: 'MaskMotion',
    outputs,
    inputs,
    kernel,
  });
  const operands = [block(context, input), weights, bias, source, driving];
  return addBlocked(context, 'MaskMotion', operands, { in_channels: inputs });
}

/** Reads a node as the mask convolution. */
function maskOf(context: PassContext, node: EditableNode): Convolution | undefined {
  const convolution = convolutionOf(context, node);
  return convolution?.kernel.join() === KERNEL.join() && convolution.inputs === INPUTS
    ? convolution
    : undefined;
}

function part(): Graph {
  const g = new Graph('mask-motion');
  const mask = g.input('mask', 'float32', [1, CANDIDATES, depth, side, side]);
  const source = g.input('source', 'float32', [1, 21, 3]);
  const driving = g.input('driving', 'float32', [1, 21, 3]);
  const motion = blended(g, mask.softmax(1), candidateShifts(g, { source, driving }));
  g.output('deformation', motion, 'float32', ['n', 'd', 'h', 'w', 'xyz']);
  return g;
}
