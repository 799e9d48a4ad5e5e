import { defineCommand } from '../../command.js';

export const command = defineCommand({
  summary: 'List the packs that come with kdtalker',
  usage: '[options]',
  options: {},
  examples: ['kdtalker packs list', 'kdtalker packs list --json'],
  async run(_values, _operands, { reporter }) {
    const { list } = await import('../../packs/list.js');
    await list(reporter);
    return 0;
  },
});
