import { defineCommand } from '../command.js';
import { VISEMES_OPTIONS } from '../visemes/options.js';

export const command = defineCommand({
  summary: 'Write the visemes of speech, for an avatar of your own',
  usage: '--speech FILE --out FILE [options]',
  about: [
    'For each frame the likeliest of the fifteen standard classes, the chance of each, and six curves of the mouth: open, wide, round, ' +
      'press, bite and teeth. No portrait is needed.',
  ],
  options: VISEMES_OPTIONS,
  examples: ['kdtalker visemes --speech speech.wav --out visemes.json'],
  async run(values, _operands, context) {
    const { visemes } = await import('../visemes/visemes.js');
    await visemes(values, context);
    return 0;
  },
});
