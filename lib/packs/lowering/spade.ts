import { type EditableNode, integersOf, readFloats } from '../onnx/index.js';
import { floatOf, intOf } from './attributes.js';
import { type Convolution, convolutionOf, isKernel } from './convolution.js';
import { BLOCK } from './domain.js';
import type { PassContext } from './pass.js';

/** An instance normalisation that a convolution scales and shifts cell by cell. */
export interface Spade {
  /** Makes the scale and, in the lower half of its channels, the shift. */
  convolution: Convolution;
  /** The input of the normalisation. */
  input: string;
  /** The normalised value. */
  normal: string;
  channels: number;
  epsilon: number;
  /** The scaled and shifted value. */
  output: string;
}

/** The SPADE that ends with this addition. */
export async function spadeOf(context: PassContext, node: EditableNode): Promise<Spade | undefined> {
  const { graph } = context;
  if (node.type !== 'Add' || node.inputs.length !== 2) return undefined;
  for (const [product, shift] of bothOrders(node)) {
    const multiplied = graph.producer(product);
    if (multiplied?.type !== 'Mul' || !graph.usedOnce(product)) continue;
    const found = await scaledNorm(context, multiplied, (scale) => halvesOf(context, scale, shift));
    if (found) return { ...found, output: node.outputs[0]! };
  }
  return undefined;
}

/** The SPADE without a shift that ends with this multiplication. */
export async function scaleOf(context: PassContext, node: EditableNode): Promise<Spade | undefined> {
  const { graph } = context;
  if (node.type !== 'Mul' || node.inputs.length !== 2) return undefined;
  return scaledNorm(context, node, (scale) => {
    const maker = graph.usedOnce(scale) ? graph.producer(scale) : undefined;
    return maker && pictureConvolution(context, maker);
  });
}

/** The product of a plain normalisation and a scale; `convolutionOfScale` finds the scale's convolution. */
async function scaledNorm(
  context: PassContext,
  multiplied: EditableNode,
  convolutionOfScale: (scale: string) => Convolution | undefined,
): Promise<Spade | undefined> {
  for (const [normal, scale] of bothOrders(multiplied)) {
    const norm = context.graph.producer(normal);
    const convolution = convolutionOfScale(scale);
    if (!convolution || !norm || !(await isPlainNorm(context, norm))) continue;
    const [input, channels] = [norm.inputs[0]!, context.shapes.of(scale)?.[1]];
    if (!channels || channels % BLOCK !== 0 || context.shapes.of(input)?.[1] !== channels) continue;
    const epsilon = floatOf(norm, 'epsilon', 1e-5);
    return { convolution, input, normal, channels, epsilon, output: multiplied.outputs[0]! };
  }
  return undefined;
}

function bothOrders({ inputs }: EditableNode): [string, string][] {
  const [a, b] = inputs as [string, string];
  return [
    [a, b],
    [b, a],
  ];
}

/** The convolution of kernel 3 whose upper half of the channels is `scale` and whose lower half is `shift`. */
function halvesOf(context: PassContext, scale: string, shift: string): Convolution | undefined {
  const { graph } = context;
  const split = graph.producer(scale);
  if (split?.type !== 'Split' || split.outputs.join() !== [scale, shift].join()) return undefined;
  const lengths = integersOf(graph.constants.get(split.inputs[1] ?? ''));
  const node = graph.producer(split.inputs[0]!);
  const convolution = node && pictureConvolution(context, node);
  const half = (convolution?.outputs ?? 0) / 2;
  return intOf(split, 'axis', 0) === 1 && lengths?.join() === [half, half].join() ? convolution : undefined;
}

function pictureConvolution(context: PassContext, node: EditableNode): Convolution | undefined {
  const convolution = convolutionOf(context, node);
  return convolution?.kernel.length === 2 && isKernel(convolution, 3) ? convolution : undefined;
}

/** An instance normalisation without a learned affine part: scale 1, shift 0. */
async function isPlainNorm({ graph }: PassContext, node: EditableNode): Promise<boolean> {
  if (node.type !== 'InstanceNormalization' || node.domain !== '') return false;
  const [scale, shift] = [graph.constants.get(node.inputs[1]!), graph.constants.get(node.inputs[2]!)];
  if (!scale || !shift) return false;
  const [ones, zeros] = [await readFloats(scale), await readFloats(shift)];
  return ones.every((value) => value === 1) && zeros.every((value) => value === 0);
}
