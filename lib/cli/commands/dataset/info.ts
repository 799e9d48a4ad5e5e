import { defineCommand } from '../../command.js';

export const command = defineCommand({
  summary: 'Describe a dataset: its clips, speakers and pack',
  usage: 'DATASET [options]',
  operands: ['DATASET'],
  options: {},
  examples: ['kdtalker dataset info datasets/anna', 'kdtalker dataset info datasets/anna --json'],
  async run(_values, [folder], context) {
    const { info } = await import('../../dataset/summary.js');
    await info(folder!, context);
    return 0;
  },
});
