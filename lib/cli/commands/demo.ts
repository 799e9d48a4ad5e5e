import { defineCommand } from '../command.js';
import { DEMO_OPTIONS } from '../demo/options.js';

export const command = defineCommand({
  summary: 'Make a video of the example portrait, and print how fast that was',
  usage: '[options]',
  about: [
    'Speeds do not include loading the talker and preparing the portrait. The speed of rendering alone is measured in a second pass, ' +
      'which repeats the motion of the first.',
  ],
  options: DEMO_OPTIONS,
  examples: ['kdtalker demo', 'kdtalker demo --seed 7 --out demo.webm'],
  async run(values, _operands, context) {
    const { demo } = await import('../demo/demo.js');
    await demo(values, context);
    return 0;
  },
});
