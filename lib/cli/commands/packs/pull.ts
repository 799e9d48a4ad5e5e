import { defineCommand } from '../../command.js';
import { PULL_OPTIONS } from '../../packs/options.js';

export const command = defineCommand({
  summary: 'Download the released checkpoints of KDTalker and make a pack from them',
  usage: 'NAME --out DIR [options]',
  about: [
    'NAME is kdtalker. The files, about a gigabyte, come from the public model hub. Each is listed with its licence, and you are asked ' +
      'once whether you accept the licences. Sizes and SHA-256 are checked. An interrupted download continues where it stopped. ' +
      "The pack is the same that 'packs convert' makes.",
    'The pack is for non-commercial use: KDTalker is CC BY-NC 4.0. docs/models.md describes the files. HF_ENDPOINT sets another hub, ' +
      'HF_TOKEN an access token.',
  ],
  operands: ['NAME'],
  options: PULL_OPTIONS,
  examples: [
    'kdtalker packs pull kdtalker --out packs/kdtalker',
    'kdtalker packs pull kdtalker --out packs/kdtalker --downloads checkpoints --accept-licences',
  ],
  async run(values, [name], context) {
    const { pull } = await import('../../packs/pull.js');
    await pull(name!, values, context);
    return 0;
  },
});
