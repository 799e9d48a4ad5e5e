import type { EditableNode } from '../../onnx/index.js';
import { addBlocked, block } from '../blocked.js';
import { convolutionOf, isKernel } from '../convolution.js';
import { isVolume } from '../domain.js';
import type { Pass, PassContext } from '../pass.js';
import { laidOutWeights } from '../weights.js';

const KERNEL = 7;

/** A 7x7 convolution to one channel, with a sigmoid, of a volume whose depth was folded into channels: reads the volume directly. */
export const occlusion: Pass = {
  name: 'occlusion',
  async run(context) {
    return context.graph.sorted().filter((node) => lower(context, node)).length;
  },
};

function lower(context: PassContext, node: EditableNode): boolean {
  const { graph, shapes } = context;
  const convolved = node.type === 'Sigmoid' ? graph.producer(node.inputs[0]!) : undefined;
  const convolution = convolved && convolutionOf(context, convolved);
  if (!convolution?.bias || convolution.kernel.length !== 2 || !isKernel(convolution, KERNEL)) return false;
  const flat = graph.producer(convolution.input);
  const dims = flat?.type === 'Reshape' ? shapes.of(flat.inputs[0]!) : undefined;
  const inputs = dims?.[1];
  if (inputs === undefined || !isVolume(dims, inputs) || convolution.outputs !== 1) return false;
  const [, , depth, height, width] = dims!;
  if (shapes.of(convolution.input)?.join() !== [1, inputs * depth!, height, width].join()) return false;
  const { weight, bias } = convolution;
  const layout = {
    operator: 'Occlusion',
    outputs: 1,
    inputs: convolution.inputs,
    kernel: convolution.kernel,
  };
  const operands = [block(context, flat!.inputs[0]!), laidOutWeights(context, weight, layout), bias];
  const attributes = { in_channels: inputs, kernel: KERNEL };
  graph.replace(node.outputs[0]!, addBlocked(context, 'Occlusion', operands, attributes));
  return true;
}
