import { choice, decimal, integer, section, text, type Values } from '../option.js';
import { device } from '../shared-options.js';

/** Every option of `dataset add`. */
export const ADD_OPTIONS = {
  ...section('Input and output', {
    pack: text('NAME', 'The pack whose motion network and audio encoder see and hear the videos', {
      also: ['model'],
    }),
    videos: text('DIR', 'A folder of videos, or a file that lists them, one a line', {
      also: ['input', 'video'],
    }),
    out: text('DIR', 'The dataset: a new folder, or one to add to', { also: ['output', 'dataset'] }),
  }),
  ...section('Clips', {
    crop: choice(
      ['none', 'kdtalker'],
      'none: the videos show a cut out face already; kdtalker: one square a video',
      {
        fallback: 'kdtalker',
      },
    ),
    'min-frames': integer([9, 1e6], 'A shorter clip is left out', { fallback: '65, for windows of 64' }),
    'val-speakers': text('RE', 'Speakers for validation, a regular expression', {
      fallback: '--val-share of them, by a hash',
    }),
    'val-share': decimal([0, 1], 'Share of the speakers for validation', { fallback: '0.05' }),
  }),
  ...section('Lips and sound in step', {
    syncnet: text(
      'FILE',
      'SyncNet, syncnet_v2.model: leaves out videos whose lips and sound are not in step',
      {
        fallback: 'none',
      },
    ),
    'max-offset': integer([0, 15], 'The most frames by which the sound may be early or late', {
      fallback: '1',
    }),
    'min-lse-c': decimal([0, 100], "SyncNet's least confidence", { fallback: '3' }),
    keep: integer([1, 1e9], 'The most clips of the dataset, the most confident of the new ones first', {
      fallback: 'all',
    }),
  }),
  ...section('Machine', { device }),
};

/** The options given to `dataset add`. */
export type AddValues = Values<typeof ADD_OPTIONS>;
