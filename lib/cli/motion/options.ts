import { cut, engine, movement, sampling, videoInput } from '../animate/options.js';
import { flag, integer, section, text, type Values } from '../option.js';

const files = section('Input and output', {
  video: text('FILE', 'A video of a moving face', { also: ['driving', 'driving-video', 'driver'] }),
  speech: text(
    'FILE',
    'WAV, or any sound or video that ffmpeg decodes; - reads standard input. Needs --portrait',
    {
      also: ['audio', 'voice', 'sound', 'wav'],
    },
  ),
  'sound-track': integer([0, 1000], 'The sound track of --speech; 0 is the first', {
    fallback: "the file's default track",
    also: ['audio-track'],
  }),
  portrait: text('FILE', 'The picture, or saved portrait, of the speaker; needed with --speech', {
    also: ['image', 'picture', 'source'],
  }),
  out: text('FILE', 'The motion, a JSON file for `animate --motion`', { also: ['save-motion'] }),
  'no-overwrite': flag('Fail if the file exists instead of replacing it'),
});

/** Every option of `motion`: the options of `animate` that concern motion. */
export const MOTION_OPTIONS = { ...files, ...videoInput, ...engine, ...sampling, ...movement, ...cut };

/** The options given to `motion`. */
export type MotionValues = Values<typeof MOTION_OPTIONS>;
