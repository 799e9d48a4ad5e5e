import type { Group } from '../../command.js';

export const group: Group = { summary: 'Measure how good videos are, and compare methods' };
