import { defineCommand } from '../../command.js';
import { SYNTHESIZE_OPTIONS } from '../../packs/options.js';

export const command = defineCommand({
  summary: 'Make a full-size pack with weights from a formula, for tests',
  usage: '--salt TEXT --out DIR',
  about: [
    'The pack has the networks of KDTalker and LivePortrait at full size, about 700 MB, but draws no faces. With it, all stages can be ' +
      'tested and measured without the trained weights. The folder gets its name only when the pack is complete.',
  ],
  options: SYNTHESIZE_OPTIONS,
  examples: ['kdtalker packs synthesize --salt golden --out packs/golden'],
  async run(values, _operands, context) {
    const { synthesize } = await import('../../packs/make.js');
    await synthesize(values, context);
    return 0;
  },
});
