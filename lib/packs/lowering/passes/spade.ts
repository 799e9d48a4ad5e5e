import { algorithmFor } from '../algorithm.js';
import { addBlocked, block, replaceByBlocked } from '../blocked.js';
import { activationOf } from '../convolution.js';
import type { Pass, PassContext } from '../pass.js';
import { repetitionOf } from '../repetition.js';
import { type Spade, scaleOf, spadeOf } from '../spade.js';
import { laidOutWeights, laneBias } from '../weights.js';

/** Highest repetition of a cell that the operator supports in its normalised input. */
const LIMIT = 2;

/**
 * Spatially adaptive normalisation: InstanceNormalization(x) * scale + shift, where one convolution makes both, scale first, or
 * InstanceNormalization(x) * scale alone, optionally with a LeakyRelu after. If x repeats every cell, the original cells have the
 * same statistics, and the operator reads them repeatedly.
 */
export const spade: Pass = {
  name: 'spade',
  async run(context) {
    let found = 0;
    for (const node of context.graph.sorted()) {
      const pattern = (await spadeOf(context, node)) ?? (await scaleOf(context, node));
      if (!pattern) continue;
      lower(context, pattern);
      found++;
    }
    return found;
  },
};

function lower(context: PassContext, { convolution, input, channels, epsilon, output }: Spade): void {
  const { inputs, outputs, kernel, weight, bias, cells } = convolution;
  const [height, width] = cells as [number, number];
  const shift = outputs === 2 * channels;
  const { source, factor } = repetitionOf(context, input, LIMIT);
  const { activation, alpha, value } = activationOf(context, output);
  const leaky = activation === 'leaky';
  const algorithm = algorithmFor({ kernel, inputs, outputs, height, width });
  const layout = { operator: shift ? 'Spade' : 'Conv', outputs, inputs, kernel, algorithm };
  const x = block(context, source);
  const operands = [
    block(context, convolution.input),
    laidOutWeights(context, weight, layout),
    laneBias(context, bias, outputs),
    x,
    addBlocked(context, 'Stats', [x], { epsilon }),
  ];
  const slope = leaky ? alpha : 1;
  const attributes = { channels, in_channels: inputs, algorithm, factor, shift: Number(shift), alpha: slope };
  const blocked = addBlocked(context, 'Spade', operands, attributes);
  replaceByBlocked(context, leaky ? value : output, blocked, channels);
}
