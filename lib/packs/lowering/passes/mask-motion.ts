import { blended, candidateShifts } from '../../networks/dense-motion.js';
import { type EditableNode, Graph } from '../../onnx/index.js';
import { addBlocked, block } from '../blocked.js';
import { type Convolution, convolutionOf } from '../convolution.js';
import { derived } from '../derived.js';
import { BLOCK } from '../domain.js';
import type { Pass, PassContext } from '../pass.js';
import { Template } from '../template.js';
import { type VolumeSize, volumeSize } from '../volume-size.js';
import { laidOutWeights } from '../weights.js';
import { paysBlocked } from './blocked-convolution.js';

const CANDIDATES = 22;
/** Channels of the mask convolution's input volume; in fp16 any others too. */
const INPUTS = 142;
const KERNEL = [7, 7, 7] as const;

/** The 7x7x7 mask convolution with the softmax over candidates and the mixing of their motions. */
export const maskMotion: Pass = {
  name: 'mask-motion',
  async run(context) {
    const mask = context.graph.nodes.find((node) => maskOf(context, node));
    const size = mask && volumeSize(context, mask.outputs[0]!);
    if (!size) return 0;
    const template = new Template(part(size));
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
  const { input, inputs } = convolution;
  const constants = constantsOf(context, convolution, convolution.bias);
  const operands = [block(context, input), ...constants, source, driving];
  return addBlocked(context, 'MaskMotion', operands, { in_channels: inputs });
}

/** Weights and bias. */
function constantsOf(context: PassContext, convolution: Convolution, bias: string): [string, string] {
  const { weight, inputs, outputs, kernel } = convolution;
  if (context.precision !== 'fp16')
    return [laidOutWeights(context, weight, { operator: 'MaskMotion', outputs, inputs, kernel }), bias];
  const spread = (name: string, dims: readonly number[]) =>
    derived(context.graph, `${name}:candidates`, dims, [name], asOutputs);
  return [spread(weight, [2 * BLOCK, inputs, ...kernel]), spread(bias, [2 * BLOCK])];
}

/** Candidates as outputs of a convolution whose last eight columns no GPU computes; native/kernels/plan/block_mask_motion.h. */
function asOutputs(values: Float32Array): Float32Array {
  const each = values.length / CANDIDATES;
  const spread = new Float32Array(2 * BLOCK * each);
  for (let candidate = 0; candidate < CANDIDATES; candidate++) {
    const over = candidate - BLOCK;
    const output = over < 0 ? candidate : BLOCK + 4 * Math.floor(over / 2) + (over % 2);
    spread.set(values.subarray(candidate * each, (candidate + 1) * each), output * each);
  }
  return spread;
}

/** Reads a node as the mask convolution. */
function maskOf(context: PassContext, node: EditableNode): Convolution | undefined {
  const convolution = convolutionOf(context, node);
  const half = context.precision === 'fp16';
  const { kernel, outputs } = convolution ?? {};
  return kernel?.join() === KERNEL.join() &&
    outputs === CANDIDATES &&
    (half ? paysBlocked(convolution!, context) : convolution!.inputs === INPUTS)
    ? convolution
    : undefined;
}

function part(size: VolumeSize): Graph {
  const { depth, side } = size;
  const g = new Graph('mask-motion');
  const mask = g.input('mask', 'float32', [1, CANDIDATES, depth, side, side]);
  const source = g.input('source', 'float32', [1, 21, 3]);
  const driving = g.input('driving', 'float32', [1, 21, 3]);
  const motion = blended(g, mask.softmax(1), candidateShifts(g, { source, driving }), size);
  g.output('deformation', motion, 'float32', ['n', 'd', 'h', 'w', 'xyz']);
  return g;
}
