import { cut, engine, movement, sampling, videoInput } from '../animate/options.js';
import { flag, integer, section, text, type Values } from '../option.js';

const files = section('Input and output', {
  video: text('FILE', 'A video of a face that moves', { also: ['driving', 'driving-video', 'driver'] }),
  speech: text(
    'FILE',
    'WAV, or any sound or video that ffmpeg decodes, - from standard input; with --portrait',
    {
      also: ['audio', 'voice', 'sound', 'wav'],
    },
  ),
  'sound-track': integer([0, 1000], 'Which track of sound of --speech, 0 the first', {
    fallback: 'the one that the file marks',
    also: ['audio-track'],
  }),
  portrait: text('FILE', 'The picture, or kept portrait, of who speaks: for --speech', {
    also: ['image', 'picture', 'source'],
  }),
  out: text('FILE', 'The motion, as JSON, to be given to `animate --motion`', { also: ['o', 'save-motion'] }),
  'no-overwrite': flag('Fail where the file exists instead of replacing it'),
});

/** Every option of `motion`: the options of `animate` that concern motion. */
export const MOTION_OPTIONS = { ...files, ...videoInput, ...engine, ...sampling, ...movement, ...cut };

/** The options given to `motion`. */
export type MotionValues = Values<typeof MOTION_OPTIONS>;
