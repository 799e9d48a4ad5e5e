import { flag, integer, section, text, type Values } from '../option.js';
import { TALKER_OPTIONS } from '../shared-options.js';

/** Every option of `visemes`. */
export const VISEMES_OPTIONS = section('Options', {
  speech: text('FILE', 'WAV, or any sound or video that ffmpeg decodes; - reads standard input', {
    also: ['audio', 'voice', 'sound', 'wav'],
  }),
  'sound-track': integer([0, 1000], 'The sound track of --speech; 0 is the first', {
    fallback: "the file's default track",
    also: ['audio-track'],
  }),
  out: text('FILE', 'The visemes and the curves of each frame, as JSON'),
  'no-overwrite': flag('Fail if the file exists instead of replacing it'),
  ...TALKER_OPTIONS,
});

/** The options given to `visemes`. */
export type VisemesValues = Values<typeof VISEMES_OPTIONS>;
