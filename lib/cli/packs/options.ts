import { choice, flag, missing, type Option, section, text, type Values } from '../option.js';
import { precision } from '../shared-options.js';

const out = text('DIR', 'The folder for the pack: new, or empty', {
  also: ['output', 'dir', 'directory'],
});

/** Options of `packs synthesize`. */
export const SYNTHESIZE_OPTIONS = section('Input and output', {
  salt: text('TEXT', 'Any text; the weights are computed from it, so the same text makes the same bytes', {
    also: ['seed'],
  }),
  out,
});

/** Options of `packs convert`. */
export const CONVERT_OPTIONS = section('Input and output', {
  kdtalker: text('FILE', "KDTalker's checkpoint, KDTalker.pth"),
  wav2lip: text('FILE', "Wav2Lip's checkpoint, wav2lip.pth; only its audio encoder is used"),
  liveportrait: text('DIR', "The folder of LivePortrait's checkpoints, which has base_models in it"),
  insightface: text('DIR', "The folder of InsightFace's det_10g.onnx and 2d106det.onnx, to find faces with", {
    fallback: 'the built-in ones',
  }),
  norm: text('FILE', 'Motion statistics of another training, norm.npz', { fallback: 'the published ones' }),
  out,
});

/** The options given to `packs convert`. */
export type ConvertValues = Values<typeof CONVERT_OPTIONS>;

const compiledFor = choice(
  ['cpu', 'cuda', 'tensorrt:N'],
  'What the networks are made for; cuda: plans, as lists of kernels; tensorrt:N: the engines that TensorRT builds on that GPU',
  { fallback: 'cpu' },
);
/** A GPU has a number. */
const compileDevice: Option<string> = {
  ...compiledFor,
  read: (typed, name) => (/^tensorrt:\d{1,3}$/.test(typed) ? typed : compiledFor.read(typed, name)),
};

/** Options of `packs compile`. */
export const COMPILE_OPTIONS = section('Engine', {
  device: compileDevice,
  precision,
  budget: flag('With --device cuda: print what each network costs on paper, as a table, and write nothing'),
});

/** The options given to `packs compile`. */
export type CompileValues = Values<typeof COMPILE_OPTIONS>;

/** Options of `packs pull`. */
export const PULL_OPTIONS = section('Input and output', {
  out,
  downloads: text('DIR', 'The folder for the downloaded files, which are kept', {
    fallback: 'beside the pack, removed when it is made',
  }),
  'accept-licences': flag('Accept the licences of the files without being asked', {
    also: ['accept-licenses', 'yes', 'accept'],
  }),
});

/** The options given to `packs pull`. */
export type PullValues = Values<typeof PULL_OPTIONS>;

/** The value of a required option. @throws INVALID_ARGUMENT */
export function needed(value: string | undefined, option: string, command: string): string {
  if (value !== undefined) return value;
  throw missing(command, option);
}
