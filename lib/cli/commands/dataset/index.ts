import type { Group } from '../../command.js';

export const group: Group = { summary: 'Make, describe and check datasets for training' };
