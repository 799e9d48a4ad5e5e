import type { EditableNode } from '../../onnx/index.js';
import { addBlocked, block } from '../blocked.js';
import { type Convolution, convolutionOf, isKernel } from '../convolution.js';
import { derived } from '../derived.js';
import { BLOCK, blocksOf, isVolume } from '../domain.js';
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
  if (inputs === undefined || !isFolded(context, dims!) || convolution.outputs !== 1) return false;
  const [, , depth, height, width] = dims!;
  if (shapes.of(convolution.input)?.join() !== [1, inputs * depth!, height, width].join()) return false;
  const weights = weightsOf(context, convolution, inputs);
  const operands = [block(context, flat!.inputs[0]!), weights, convolution.bias];
  const half = context.precision === 'fp16';
  const lanes = half ? lanesOf(inputs, depth!) : undefined;
  const attributes = { in_channels: inputs, kernel: KERNEL, lanes };
  graph.replace(node.outputs[0]!, addBlocked(context, 'Occlusion', operands, attributes));
  return true;
}

/** The widest row of cells that the operator of fp16 has. */
const WIDEST = 128;

/** Whether a volume of these dims is one that the operator reads. */
function isFolded({ precision }: PassContext, dims: readonly number[]): boolean {
  if (precision !== 'fp16') return isVolume(dims, dims[1]!);
  return dims.length === 5 && dims[0] === 1 && dims[1]! >= BLOCK && dims[4]! <= WIDEST;
}

/** Of all slices of a volume in blocks. */
const lanesOf = (channels: number, depth: number) => blocksOf(channels) * depth * BLOCK;

function weightsOf(context: PassContext, convolution: Convolution, channels: number): string {
  const { weight, inputs, kernel } = convolution;
  if (context.precision !== 'fp16')
    return laidOutWeights(context, weight, { operator: 'Occlusion', outputs: 1, inputs, kernel });
  const depth = inputs / channels;
  const lanes = lanesOf(channels, depth);
  return derived(context.graph, `${weight}:taps`, [KERNEL ** 2, lanes], [weight], (values) =>
    asTaps(values, depth, lanes),
  );
}

/** Weights [channels depths, taps] as those of a kernel of one cell to as many outputs as taps, from every lane of a volume in blocks. */
function asTaps(values: Float32Array, depth: number, lanes: number): Float32Array {
  const taps = new Float32Array(KERNEL ** 2 * lanes);
  values.forEach((value, i) => {
    const [tap, input] = [i % KERNEL ** 2, Math.floor(i / KERNEL ** 2)];
    const [channel, slice] = [Math.floor(input / depth), input % depth];
    const lane = (Math.floor(channel / BLOCK) * depth + slice) * BLOCK + (channel % BLOCK);
    taps[tap * lanes + lane] = value;
  });
  return taps;
}
