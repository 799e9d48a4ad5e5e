import { defineCommand } from '../../command.js';

export const command = defineCommand({
  summary: 'Print mean and deviation of the numbers of a dataset',
  usage: 'DATASET [options]',
  operands: ['DATASET'],
  options: {},
  examples: ['kdtalker dataset statistics datasets/anna', 'kdtalker dataset statistics datasets/anna --json'],
  async run(_values, [folder], context) {
    const { statistics } = await import('../../dataset/summary.js');
    await statistics(folder!, context);
    return 0;
  },
});
