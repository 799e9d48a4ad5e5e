import { defineCommand } from '../command.js';

export const command = defineCommand({
  summary: 'Look for everything a clip needs, and say what to do where it is missing',
  usage: '[options]',
  about: [
    'The exit code is 0 where a clip can be made and 1 where it cannot. Networks are loaded on every device; nothing is written.',
  ],
  options: {},
  examples: ['kdtalker doctor', 'kdtalker doctor --json'],
  async run(_values, _operands, { reporter, signal }) {
    const { doctor } = await import('../doctor/doctor.js');
    return doctor(reporter, signal);
  },
});
