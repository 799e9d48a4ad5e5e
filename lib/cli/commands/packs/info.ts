import { defineCommand } from '../../command.js';

export const command = defineCommand({
  summary: 'Describe a pack: its networks, settings and licence',
  usage: 'NAME [options]',
  about: ['NAME is a built-in pack, or a folder that holds a pack.'],
  operands: ['NAME'],
  options: {},
  examples: ['kdtalker packs info puppet', 'kdtalker packs info ./my-pack --json'],
  async run(_values, [name], { reporter }) {
    const { info } = await import('../../packs/info.js');
    await info(name!, reporter);
    return 0;
  },
});
