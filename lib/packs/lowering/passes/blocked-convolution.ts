import { algorithmFor } from '../algorithm.js';
import { addBlocked, block, reading, replaceByBlocked } from '../blocked.js';
import {
  activationOf,
  type Convolution,
  convolutionOf,
  isKernel,
  residualOf,
  SLOPES,
} from '../convolution.js';
import { BLOCK } from '../domain.js';
import type { Pass, PassContext } from '../pass.js';
import { laidOutWeights, laneBias } from '../weights.js';

/** With fewer channels most lanes of a block would be zeros. Tensor cores are so much faster that outputs may be fewer. */
const INPUTS_FROM = BLOCK;
const OUTPUTS_FROM = { fp32: 8, bf16: 8, fp16: 1 };

/** Convolutions of kernel 1 or 3, in fp16 also 7, that keep the size, with the operations right after them: an activation, then an addition, then in fp16 an activation. */
export const blockedConvolution: Pass = {
  name: 'blocked-convolution',
  async run(context) {
    const found = context.graph.sorted().filter((node) => {
      const convolution = convolutionOf(context, node);
      if (!convolution || !paysBlocked(convolution, context)) return false;
      if (!sidesOf(context).some((side) => isKernel(convolution, side))) return false;
      lower(context, convolution);
      return true;
    });
    return found.length;
  },
};

const sidesOf = ({ precision }: PassContext) => (precision === 'fp16' ? [1, 3, 7] : [1, 3]);

/** Whether a convolution has enough channels for blocks. */
export function paysBlocked({ inputs, outputs }: Convolution, { precision }: PassContext): boolean {
  return inputs >= INPUTS_FROM && outputs >= OUTPUTS_FROM[precision];
}

function lower(passContext: PassContext, convolution: Convolution): void {
  const context = reading(passContext, convolution.input);
  const { input, weight, bias, inputs, outputs, kernel, cells } = convolution;
  const [height, width] = cells.slice(-2) as [number, number];
  const { precision } = context;
  const algorithm = algorithmFor({ kernel, inputs, outputs, height, width });
  const { activation, alpha, value } = activationOf(context, convolution.node.outputs[0]!);
  const end = residualOf(context, value);
  const last = end.residual && precision === 'fp16' ? activationOf(context, end.value) : undefined;
  const operands = [
    block(context, input),
    laidOutWeights(context, weight, { operator: 'Conv', outputs, inputs, kernel, algorithm }),
    laneBias(context, bias, outputs),
    end.residual && block(context, end.residual),
  ];
  const attributes = { channels: outputs, in_channels: inputs, kernel, algorithm, activation, alpha };
  const operandsGiven = end.residual ? operands : operands.slice(0, 3);
  const slope = last && SLOPES[last.activation](last.alpha);
  const result = addBlocked(context, 'Conv', operandsGiven, { ...attributes, beta: slope });
  if (precision !== passContext.precision) context.exact.add(result);
  replaceByBlocked(context, last?.value ?? end.value, result, outputs);
}
