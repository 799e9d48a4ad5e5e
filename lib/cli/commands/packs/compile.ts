import { defineCommand } from '../../command.js';
import { COMPILE_OPTIONS } from '../../packs/options.js';

export const command = defineCommand({
  summary: 'Rewrite a pack for this processor ahead of time',
  usage: 'NAME [options]',
  about: [
    'NAME is a built-in pack, or a folder that holds a pack. The networks are rewritten with operators of the engine, and their weights ' +
      'laid out for this processor, as the first load of the pack does. The result is in $KDTALKER_CACHE, else ~/.cache/kdtalker. If it is ' +
      'already there and complete, nothing is done.',
    'With --device cuda, every network becomes a plan, a list of kernels over one arena, for the window and the steps that the pack names. ' +
      'If no kernel computes an operator, the command fails and names the node.',
  ],
  operands: ['NAME'],
  options: COMPILE_OPTIONS,
  examples: [
    'kdtalker packs compile packs/kdtalker',
    'kdtalker packs compile packs/kdtalker --precision bf16',
    'kdtalker packs compile packs/kdtalker --device cuda --budget',
  ],
  async run(values, [name], context) {
    const { compile } = await import('../../packs/compile.js');
    await compile(name!, values, context);
    return 0;
  },
});
