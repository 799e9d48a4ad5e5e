import { type EditableNode, integersOf, readFloats } from '../../onnx/index.js';
import { algorithmFor } from '../algorithm.js';
import { floatOf, intOf } from '../attributes.js';
import { addBlocked, pack, replaceByBlocked } from '../blocked.js';
import { activationOf, type Convolution, convolutionOf, isKernel } from '../convolution.js';
import { packedWeights } from '../packed-weights.js';
import type { Pass, PassContext } from '../pass.js';
import { repetitionOf } from '../repetition.js';

/** An instance normalisation whose scale and shift are the halves of one convolution. */
interface Spade {
  convolution: Convolution;
  /** What is normalised. */
  input: string;
  channels: number;
  epsilon: number;
  /** The scaled and shifted value. */
  output: string;
}

/** Most often that the operator repeats a cell of what it normalises. */
const LIMIT = 2;

/**
 * Spatially adaptive normalisation: InstanceNormalization(x) * scale + shift, where one convolution makes both, scale first, and
 * perhaps a LeakyRelu after. Where x repeats every cell, the cells themselves have the same statistics and are read repeated.
 */
export const spade: Pass = {
  name: 'spade',
  async run(context) {
    let found = 0;
    for (const node of context.graph.sorted()) {
      const pattern = await spadeOf(context, node);
      if (!pattern) continue;
      lower(context, pattern);
      found++;
    }
    return found;
  },
};

/** The pattern that ends with this addition. */
async function spadeOf(context: PassContext, node: EditableNode): Promise<Spade | undefined> {
  const { graph } = context;
  if (node.type !== 'Add' || node.inputs.length !== 2) return undefined;
  for (const [product, shift] of bothOrders(node)) {
    const multiplied = graph.producer(product);
    if (multiplied?.type !== 'Mul' || !graph.usedOnce(product)) continue;
    for (const [normal, scale] of bothOrders(multiplied)) {
      const norm = graph.producer(normal);
      const convolution = halvesOf(context, scale, shift);
      if (!convolution || !norm || !(await isPlainNorm(context, norm))) continue;
      const { outputs } = convolution;
      const channels = outputs / 2;
      if (context.shapes.of(norm.inputs[0]!)?.[1] !== channels) continue;
      const epsilon = floatOf(norm, 'epsilon', 1e-5);
      return { convolution, input: norm.inputs[0]!, channels, epsilon, output: node.outputs[0]! };
    }
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

/** The convolution of kernel 3 of which `scale` is the upper half of the channels and `shift` the lower. */
function halvesOf(context: PassContext, scale: string, shift: string): Convolution | undefined {
  const { graph } = context;
  const split = graph.producer(scale);
  if (split?.type !== 'Split' || split.outputs.join() !== [scale, shift].join()) return undefined;
  const lengths = integersOf(graph.constants.get(split.inputs[1] ?? ''));
  const node = graph.producer(split.inputs[0]!);
  const convolution = node && convolutionOf(context, node);
  if (convolution?.kernel.length !== 2 || !isKernel(convolution, 3)) return undefined;
  const half = convolution.outputs / 2;
  return intOf(split, 'axis', 0) === 1 && lengths?.join() === [half, half].join() ? convolution : undefined;
}

/** An instance normalisation with nothing of its own: scale 1, shift 0. */
async function isPlainNorm({ graph }: PassContext, node: EditableNode): Promise<boolean> {
  if (node.type !== 'InstanceNormalization' || node.domain !== '') return false;
  const [scale, shift] = [graph.constants.get(node.inputs[1]!), graph.constants.get(node.inputs[2]!)];
  if (!scale || !shift) return false;
  const [ones, zeros] = [await readFloats(scale), await readFloats(shift)];
  return ones.every((value) => value === 1) && zeros.every((value) => value === 0);
}

function lower(context: PassContext, { convolution, input, channels, epsilon, output }: Spade): void {
  const { graph, precision } = context;
  const { inputs, outputs, kernel, weight, bias, cells } = convolution;
  const [height, width] = cells as [number, number];
  const { source, factor } = repetitionOf(context, input, LIMIT);
  const { activation, alpha, value } = activationOf(context, output);
  const leaky = activation === 'leaky';
  const algorithm = algorithmFor({ kernel, inputs, outputs, height, width });
  const x = pack(context, source);
  const operands = [
    pack(context, convolution.input),
    packedWeights(context, weight, { operator: 'Spade', precision, outputs, inputs, kernel, algorithm }),
    bias ?? graph.addConstant('zeros', zeros(outputs)),
    x,
    addBlocked(context, 'Stats', [x], { epsilon }),
  ];
  const attributes = { channels, in_channels: inputs, algorithm, factor, alpha: leaky ? alpha : 1 };
  replaceByBlocked(
    context,
    leaky ? value : output,
    addBlocked(context, 'Spade', operands, attributes),
    channels,
  );
}

function zeros(length: number) {
  const bytes = new Uint8Array(4 * length);
  return { dims: [length], dataType: 1, bytes: 0, inline: bytes, read: async () => bytes };
}
