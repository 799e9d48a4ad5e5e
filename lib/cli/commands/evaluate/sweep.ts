import { defineCommand } from '../../command.js';
import { SWEEP_OPTIONS } from '../../evaluate/options.js';

export const command = defineCommand({
  summary: 'Compare numbers of steps, or lengths of the window',
  usage: '--bench DIR --steps N,N,... --out DIR [options]',
  about: [
    'Animates the clips with each value, measures the videos, and draws quality against speed. A run that was stopped goes on when the ' +
      'same command is given again. --window changes how the one model samples; it trains nothing.',
  ],
  options: SWEEP_OPTIONS,
  examples: [
    'kdtalker evaluate sweep --bench bench --pack DIR --steps 1,5,10,25,50 --out sweep',
    'kdtalker evaluate sweep --bench bench --pack DIR --window 16,32,64 --out windows',
  ],
  async run(values, _operands, context) {
    const { sweep } = await import('../../evaluate/sweep.js');
    await sweep(values, context);
    return 0;
  },
});
