import { addBlocked, block, replaceByBlocked } from '../blocked.js';
import { activationOf, type Convolution, convolutionOf, isKernel, SLOPES } from '../convolution.js';
import { derived } from '../derived.js';
import { BLOCK, blocksOf } from '../domain.js';
import type { Pass, PassContext } from '../pass.js';
import { type Repetition, repetitionOf } from '../repetition.js';
import { laidOutWeights, laneBias } from '../weights.js';
import { paysBlocked } from './blocked-convolution.js';

/** Highest repetition of a cell along an axis that the operator supports. */
const LIMIT = 4;

/**
 * Convolutions of kernel 3 whose input repeats every cell two or four times along both axes: several taps read the same cell,
 * so their weights are summed in advance. The repeated input is never computed.
 */
export const upsampledConvolution: Pass = {
  name: 'upsampled-convolution',
  async run(context) {
    const found = context.graph.sorted().filter((node) => {
      const convolution = convolutionOf(context, node);
      if (!convolution || !isKernel(convolution, 3) || !paysBlocked(convolution, context)) return false;
      const repetition = repetitionOf(context, convolution.input, LIMIT);
      if (repetition.factor !== 2 && repetition.factor !== 4) return false;
      const lowered = isNine(context, convolution, repetition) ? lowerNine : lower;
      lowered(context, convolution, repetition);
      return true;
    });
    return found.length;
  },
};

function lower(context: PassContext, convolution: Convolution, { source, factor }: Repetition): void {
  const { weight, bias, inputs, outputs, kernel, node } = convolution;
  const { activation, alpha, value } = activationOf(context, node.outputs[0]!);
  const layout = { operator: 'UpConv', outputs, inputs, kernel, factor };
  const operands = [
    block(context, source),
    laidOutWeights(context, weight, layout),
    laneBias(context, bias, outputs),
  ];
  const attributes = { channels: outputs, in_channels: inputs, kernel, factor, activation, alpha };
  replaceByBlocked(context, value, addBlocked(context, 'UpConv', operands, attributes), outputs);
}

const TAPS = 9;

/** In fp16 a picture's cells that are repeated four times are multiplied by each tap once, not by four of sixteen places each. */
function isNine(context: PassContext, { kernel }: Convolution, { factor }: Repetition): boolean {
  return context.precision === 'fp16' && factor === 4 && kernel.length === 2;
}

function lowerNine(context: PassContext, convolution: Convolution, { source, factor }: Repetition): void {
  const { weight, bias, inputs, outputs, node } = convolution;
  const { activation, alpha, value } = activationOf(context, node.outputs[0]!);
  const lanes = BLOCK * blocksOf(outputs);
  const taps = derived(context.graph, `${weight}:nine`, [TAPS * lanes, inputs, 1, 1], [weight], (values) =>
    tapByTap(values, { outputs, lanes }),
  );
  const attributes = { channels: TAPS * lanes, in_channels: inputs, kernel: [1, 1] };
  const operands = [block(context, source), taps, laneBias(context, undefined, TAPS * lanes)];
  const products = addBlocked(context, 'Conv', operands, attributes);
  const ending = { channels: outputs, factor, alpha: SLOPES[activation](alpha) };
  const end = addBlocked(context, 'UpConvEnd', [products, laneBias(context, bias, outputs)], ending);
  replaceByBlocked(context, value, end, outputs);
}

/** Weights [outputs, inputs, 9] as [9, lanes, inputs]. */
function tapByTap(
  values: Float32Array,
  { outputs, lanes }: { outputs: number; lanes: number },
): Float32Array {
  const inputs = values.length / outputs / TAPS;
  const taps = new Float32Array(TAPS * lanes * inputs);
  values.forEach((value, i) => {
    const [tap, input] = [i % TAPS, Math.floor(i / TAPS) % inputs];
    taps[(tap * lanes + Math.floor(i / TAPS / inputs)) * inputs + input] = value;
  });
  return taps;
}
