import { defineCommand } from '../../command.js';

export const command = defineCommand({
  summary: 'Check every shard of a dataset, its splits and statistics',
  usage: 'DATASET [options]',
  operands: ['DATASET'],
  options: {},
  examples: ['kdtalker dataset verify datasets/anna', 'kdtalker dataset verify datasets/anna --json'],
  async run(_values, [folder], context) {
    const { verify } = await import('../../dataset/summary.js');
    await verify(folder!, context);
    return 0;
  },
});
