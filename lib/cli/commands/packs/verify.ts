import { defineCommand } from '../../command.js';

export const command = defineCommand({
  summary: 'Check the files of a pack against their hashes, and its graphs',
  usage: 'NAME [options]',
  about: [
    'NAME is a built-in pack, or a folder that holds a pack. The exit code is 1 if a file differs from pack.json.',
  ],
  operands: ['NAME'],
  options: {},
  examples: ['kdtalker packs verify puppet', 'kdtalker packs verify ./my-pack'],
  async run(_values, [name], { reporter, signal }) {
    const { verify } = await import('../../packs/verify.js');
    await verify(name!, reporter, signal);
    return 0;
  },
});
