import { defineCommand } from '../../command.js';
import { ANIMATE_BENCH_OPTIONS } from '../../evaluate/options.js';

export const command = defineCommand({
  summary: 'Make a video of every clip with a pack',
  usage: '--bench DIR --out DIR [options]',
  about: [
    "Each clip's picture speaks its voice. Writes a video with the clip's name, and times.json with the seconds that each took: to " +
      'generate its frames, and to the finished file. The same command continues a stopped run.',
  ],
  options: ANIMATE_BENCH_OPTIONS,
  examples: [
    'kdtalker evaluate animate --bench bench --out videos',
    'kdtalker evaluate animate --bench bench --pack DIR --steps 10 --seed 7 --out videos',
  ],
  async run(values, _operands, context) {
    const { animate } = await import('../../evaluate/animate.js');
    await animate(values, context);
    return 0;
  },
});
