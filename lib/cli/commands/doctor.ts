import { defineCommand } from '../command.js';

export const command = defineCommand({
  summary: 'Check for everything that a clip needs, and say how to get what is missing',
  usage: '[options]',
  about: [
    'The exit code is 0 if a clip can be made, else 1. The networks are loaded on every device but GPUs; nothing is written.',
  ],
  options: {},
  examples: ['kdtalker doctor', 'kdtalker doctor --json'],
  async run(_values, _operands, { reporter, signal }) {
    const { doctor } = await import('../doctor/doctor.js');
    return doctor(reporter, signal);
  },
});
