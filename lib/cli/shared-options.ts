import { choice, integer, text } from './option.js';

/** Devices that a build can have; the library knows which of them it was built with. */
export const DEVICES = ['cpu', 'cuda', 'guarded'] as const;

/** What commands that load a talker have in common. */
export const TALKER_OPTIONS = {
  pack: text('NAME', 'A built-in pack, or the folder of one', { fallback: 'puppet', also: ['model'] }),
  device: choice(['auto', ...DEVICES], 'Where the networks run', { fallback: 'auto' }),
  threads: integer([1, 256], 'Threads of a network', { fallback: 'one per core' }),
};
