import { addBlocked, block, replaceByBlocked } from '../blocked.js';
import { activationOf, type Convolution, convolutionOf, isKernel } from '../convolution.js';
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
      if (!convolution || !isKernel(convolution, 3) || !paysBlocked(convolution)) return false;
      const repetition = repetitionOf(context, convolution.input, LIMIT);
      if (repetition.factor !== 2 && repetition.factor !== 4) return false;
      lower(context, convolution, repetition);
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
