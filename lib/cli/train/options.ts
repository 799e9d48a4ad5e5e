import { choice, decimal, flag, integer, section, text, type Values } from '../option.js';

const files = section('Input and output', {
  dataset: text('DIR', 'The dataset that `kdtalker dataset add` made'),
  out: text('DIR', 'The run: checkpoints, history, chart.html and the pack. A stopped run continues', {
    also: ['output', 'run'],
  }),
  pack: text('NAME', 'The pack whose denoiser is replaced', { fallback: 'that of the dataset' }),
  'no-pack': flag('Make no pack at the end'),
  bench: text('DIR', 'The bench of --evaluate-every, which `kdtalker evaluate prepare` made; about 8 clips', {
    fallback: 'none',
  }),
  from: text('FILE', 'The checkpoint to start from: KDTalker.pth, or one of another run', {
    also: ['init', 'resume', 'checkpoint'],
  }),
  statistics: choice(
    ['dataset', 'published'],
    'The statistics that normalise motion; a checkpoint of a run has its own',
    {
      fallback: 'dataset; published if --from has none',
    },
  ),
});

const share = (help: string, fallback: string) => decimal([0, 1], help, { fallback });

/** Options that training/cli.py knows by the same names. */
const schedule = section('Schedule', {
  steps: integer([1, 1e8], 'Steps of the whole schedule', { fallback: '500000' }),
  batch: integer([1, 65536], 'Windows per step, over all processes', { fallback: '256' }),
  accumulate: integer([1, 4096], 'Parts of a batch that are computed in turn, to save memory', {
    fallback: '1',
  }),
  peak: decimal([0, 1], 'The highest learning rate', {
    fallback: '2e-6 times the batch',
    also: ['lr', 'rate'],
  }),
  warmup: integer([1, 1e8], 'Steps in which the learning rate rises to --peak', { fallback: '2000' }),
  seed: integer([0, 2 ** 31], 'Seed of all random numbers', { fallback: '0' }),
  'checkpoint-every': integer([1, 1e8], 'Steps between checkpoints', { fallback: '10000' }),
  'validate-every': integer([1, 1e8], 'Steps between validations', { fallback: '5000' }),
  'sample-every': integer([1, 1e8], 'Steps between clips that are sampled and compared', {
    fallback: '20000',
  }),
});

const evaluations = section('Schedule', {
  'evaluate-every': integer([1, 1e8], 'Steps between evaluations with --bench, of every few checkpoints', {
    fallback: 'none',
  }),
});

const network = section('Network', {
  window: integer([8, 64], 'Frames of a window', { fallback: '64' }),
  dim: integer([64, 4096], 'Width of a token, a multiple of 64', { fallback: '768' }),
  depth: integer([1, 64], 'Layers', { fallback: '6' }),
  canonical: choice(['token', 'zero', 'none'], 'The keypoints of the face at rest', { fallback: 'token' }),
  attention: choice(['full', 'none'], 'Whether frames attend to each other', { fallback: 'full' }),
  rotary: choice(['full', 'none'], 'Whether queries and keys are rotated by their positions', {
    fallback: 'full',
  }),
  bias: choice(['full', 'none'], 'Whether each distance has a learned bias', { fallback: 'full' }),
});

const data = section('Noise and averages', {
  'audio-noise': share('Share of the steps with noise on the audio features', '0.7'),
  'audio-dropout': share('Share of the windows that have no sound', '0'),
  'reference-noise': decimal([0, 10], 'Deviation of noise on the frame before the window', { fallback: '0' }),
  'std-floor': decimal([0, 1], "The least deviation of the dataset's own statistics", { fallback: '1e-4' }),
  ema: decimal([0, 0.99999], 'Decay of an average of the weights, which the pack takes then', {
    fallback: '0, none',
  }),
});

const machine = section('Machine', {
  device: choice(['auto', 'cpu', 'cuda'], 'Where PyTorch computes', { fallback: 'auto' }),
  gpus: integer([1, 64], 'Processes that share each batch, one for each GPU', {
    fallback: '1',
    also: ['processes'],
  }),
  precision: choice(['fp32', 'bf16'], 'Arithmetic; weights, losses and norms are fp32 in both', {
    fallback: 'fp32',
  }),
  compile: flag('Compile the network first; needs PyTorch 2'),
});

/** Options that the trainer takes as they are. */
export const TRAINER_OPTIONS = {
  ...schedule,
  ...network,
  ...data,
  device: machine.device,
  precision: machine.precision,
  compile: machine.compile,
};

/** Every option of `train`. */
export const TRAIN_OPTIONS = { ...files, ...schedule, ...evaluations, ...network, ...data, ...machine };

/** The options given to `train`. */
export type TrainValues = Values<typeof TRAIN_OPTIONS>;
