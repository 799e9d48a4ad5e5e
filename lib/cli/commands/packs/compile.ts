import { defineCommand } from '../../command.js';
import { COMPILE_OPTIONS } from '../../packs/options.js';

export const command = defineCommand({
  summary: 'Rewrite a pack for this processor ahead of time',
  usage: 'NAME [options]',
  about: [
    'NAME is a built-in pack or the folder of one. What loading it for the first time does is done now: its networks are rewritten ' +
      'with operators of the engine and their weights laid out for this processor, in $KDTALKER_CACHE, else ~/.cache/kdtalker. What is ' +
      'there already and whole is kept.',
  ],
  operands: ['NAME'],
  options: COMPILE_OPTIONS,
  examples: [
    'kdtalker packs compile packs/kdtalker',
    'kdtalker packs compile packs/kdtalker --precision bf16',
  ],
  async run(values, [name], context) {
    const { compile } = await import('../../packs/compile.js');
    await compile(name!, values, context);
    return 0;
  },
});
