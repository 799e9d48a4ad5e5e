import { flag, section, seed, text, type Values } from '../option.js';
import { TALKER_OPTIONS } from '../shared-options.js';

/** Every option of `demo`. */
export const DEMO_OPTIONS = section('Options', {
  out: text('FILE', 'The video: .mp4, .webm or .gif', {
    fallback: 'kdtalker-demo.mp4',
    also: ['video'],
  }),
  ...TALKER_OPTIONS,
  seed: seed('Another seed makes other head motion', { fallback: '0' }),
  'no-overwrite': flag('Fail if the file exists instead of replacing it'),
});

/** The options given to `demo`. */
export type DemoValues = Values<typeof DEMO_OPTIONS>;
