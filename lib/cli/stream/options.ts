import { SAMPLE_RATES, STEPS } from '../../limits.js';
import { cut, encoding, engine, movement, retargeting, sampling } from '../animate/options.js';
import { choice, flag, integer, section, text, type Values } from '../option.js';

const files = section('Input and output', {
  speech: text('FILE', 'WAV of any length, or raw PCM; - is standard input', {
    fallback: '-',
    also: ['audio', 'voice', 'sound', 'wav'],
  }),
  'sample-rate': integer(SAMPLE_RATES, 'Samples a second of raw PCM, a multiple of 25', {
    fallback: '16000',
    also: ['rate', 'ar'],
  }),
  channels: integer([1, 2], 'Channels of raw PCM', { fallback: '1', also: ['ac'] }),
  'sample-format': choice(['s16le', 'f32le'], 'The samples of raw PCM', { fallback: 's16le' }),
  out: text(
    'FILE',
    'NAME.mp4, NAME.webm, NAME.gif, or pictures: DIR/%05d.png or DIR/; - writes the video to standard output and results to stderr',
    { also: ['video', 'result'] },
  ),
  format: choice(['mp4', 'webm', 'gif'], 'The format, if the name of --out does not tell it', {
    fallback: 'from the name, else mp4',
  }),
  'no-overwrite': flag('Fail if a file exists instead of replacing it'),
});

const { seed, window } = sampling;
const live = section('Stream', {
  hop: integer([1, 64], 'Frames that are decided at a time: fewer answer sooner and cost more', {
    fallback: '4',
  }),
  ahead: integer([0, 32], 'Frames that are heard beyond these', { fallback: '2' }),
  steps: integer(STEPS, 'Sampling steps of the lips', { fallback: '10' }),
  replan: integer([1, 4096], 'Frames that are heard before head and eyes are planned again', {
    fallback: '4',
  }),
  pace: choice(
    ['input', 'live'],
    'A frame for each 40 ms of sound, or every 40 ms, also while nobody speaks',
    {
      fallback: 'input',
    },
  ),
  idle: choice(
    ['model', 'still', 'loop'],
    'What is shown while nobody speaks, with --pace live: a face that goes on, one that holds still, or ten seconds again and again',
    {
      fallback: 'model',
    },
  ),
  lead: integer([1, 25], 'Frames of time for computing, with --pace live', { fallback: '3' }),
  window,
  seed,
});

const { smoothing: _smoothing, edit: _edit, 'silence-gate': _gate, ...controls } = movement;
const movements = section('Movement', {
  ...controls,
  'no-silence-gate': flag('Let the mouth move during silence'),
});
const { stitch, 'no-stitch': noStitch } = retargeting;

/** Every option of `stream`. */
export const STREAM_OPTIONS = {
  ...{ ...files, ...live, ...engine, ...movements },
  ...section('Portrait', { ...cut, stitch, 'no-stitch': noStitch }),
  ...encoding,
};

/** The options given to `stream`. */
export type StreamValues = Values<typeof STREAM_OPTIONS>;
