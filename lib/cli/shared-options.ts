import { THREADS } from '../limits.js';
import { choice, flag, integer, text } from './option.js';

/** Devices that a build can have; the library knows the devices of its own build. */
export const DEVICES = ['cpu', 'cuda', 'guarded'] as const;

/** Number formats of lowered networks. */
export const precision = choice(
  ['fp32', 'bf16', 'auto'],
  'Arithmetic of lowered networks; auto uses bf16 if the processor has it',
  {
    fallback: 'fp32',
  },
);

/** The common options of commands that load a talker. */
export const TALKER_OPTIONS = {
  pack: text('NAME', 'A built-in pack, or a folder that holds a pack', {
    fallback: 'puppet',
    also: ['model'],
  }),
  device: choice(['auto', ...DEVICES], 'The device that runs the networks', { fallback: 'auto' }),
  threads: integer(THREADS, 'Threads of a network', { fallback: 'one per core' }),
  precision,
  'no-lowering': flag("Run the pack's files as they are, not rewritten for this processor"),
};
