import { defineCommand } from '../command.js';
import { DEMO_OPTIONS } from '../demo/options.js';

export const command = defineCommand({
  summary: 'Make a video of the example portrait, and say how fast that was',
  usage: '[options]',
  about: [
    'Speeds are measured with the talker loaded and the portrait prepared; that of rendering alone in a second pass that repeats the motion ' +
      'of the first.',
  ],
  options: DEMO_OPTIONS,
  examples: ['kdtalker demo', 'kdtalker demo --seed 7 --out demo.webm'],
  async run(values, _operands, context) {
    const { demo } = await import('../demo/demo.js');
    await demo(values, context);
    return 0;
  },
});
