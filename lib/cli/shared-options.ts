import { DEVICE_MEMORY, THREADS } from '../limits.js';
import { choice, flag, integer, type Option, text } from './option.js';

/** At least two. */
const DEVICES = /^(cpu|(cuda|tensorrt):\d{1,3})(,(cpu|(cuda|tensorrt):\d{1,3}))+$/;

/** A device by its name, of which the first is the default; a GPU has a number in the place of N. */
function deviceOf(words: readonly [string, ...string[]], help: string): Option<string> {
  const word = choice(words, help, { fallback: words[0] });
  const isNumbered = (typed: string) => /:\d{1,3}$/.test(typed) && words.includes(typed.replace(/\d+$/, 'N'));
  return { ...word, read: (typed, name) => (isNumbered(typed) ? typed : word.read(typed, name)) };
}

/** The option `--device`. */
export const device = deviceOf(
  ['auto', 'cpu', 'cuda', 'cuda:N', 'tensorrt:N', 'guarded'],
  'The device that runs the networks',
);

/** The option `--device` of commands that measure. */
export const judgeDevice = deviceOf(
  ['cpu', 'cuda', 'cuda:N'],
  'The device that runs the networks of judges and of --pack',
);

/** The option `--device` of commands that make clips: several devices, which share them. */
const devices: Option<string> = {
  ...device,
  help: 'The device that runs the networks; several, such as cuda:0,cuda:1, share the clips',
  read: (typed, name) => (DEVICES.test(typed) ? typed : device.read(typed, name)),
};

/** Number formats of lowered networks. */
export const precision = choice(
  ['fp32', 'bf16', 'fp16', 'auto'],
  'Arithmetic of lowered networks; bf16: of processors, fp16: of GPUs; auto: fp16 on a GPU, bf16 if the processor has it',
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
  device: devices,
  engine: choice(['plan', 'onnxruntime'], 'What runs the networks on a GPU; onnxruntime: its CUDA provider', {
    fallback: 'plan',
  }),
  'device-memory': integer(DEVICE_MEMORY, "Most megabytes of a GPU's memory", { fallback: 'all there is' }),
  threads: integer(THREADS, 'Threads of a network', { fallback: 'one per core' }),
  precision,
  'no-lowering': flag("Run the pack's files as they are, not rewritten for this processor"),
};
