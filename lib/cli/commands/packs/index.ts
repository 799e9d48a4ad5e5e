import type { Group } from '../../command.js';

export const group: Group = { summary: 'List, describe, check, make and compile packs' };
