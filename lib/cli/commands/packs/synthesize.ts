import { defineCommand } from '../../command.js';
import { SYNTHESIZE_OPTIONS } from '../../packs/options.js';

export const command = defineCommand({
  summary: 'Make a full-size pack with weights from a formula, for tests',
  usage: '--salt TEXT --out DIR',
  about: [
    'The pack has the networks of KDTalker and LivePortrait at their full size, about 700 MB, and draws no faces: it tests and measures ' +
      'the whole chain where the trained weights cannot be had. The folder has its name only once the pack is whole.',
  ],
  options: SYNTHESIZE_OPTIONS,
  examples: ['kdtalker packs synthesize --salt golden --out packs/golden'],
  async run(values, _operands, context) {
    const { synthesize } = await import('../../packs/make.js');
    await synthesize(values, context);
    return 0;
  },
});
