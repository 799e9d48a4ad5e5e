import type { FaceChoice } from '../../face/faces.js';
import { PRESETS, STEPS, WEBM_CRF, WINDOW } from '../../limits.js';
import {
  choice,
  decimal,
  decimals,
  flag,
  integer,
  type Option,
  section,
  seed,
  text,
  type Values,
  wrongValue,
} from '../option.js';
import { TALKER_OPTIONS } from '../shared-options.js';

const ANY = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

/** `largest`, `center` or an index. */
function faceChoice(help: string, extras: { fallback: string }): Option<FaceChoice> {
  const read = (typed: string, name: string): FaceChoice => {
    if (typed === 'largest' || typed === 'center') return typed;
    if (/^\d{1,6}$/.test(typed)) return Number(typed);
    throw wrongValue("'largest', 'center' or an index from 0", name, typed);
  };
  return { ...extras, placeholder: 'WHICH', help, read };
}

const files = section('Input and output', {
  portrait: text(
    'FILE',
    'The picture of a face, or a portrait kept with --save-portrait; - reads a picture from standard input',
    {
      also: ['image', 'picture', 'face-image', 'source', 'source-image'],
    },
  ),
  'source-video': text(
    'FILE',
    'A video of a face instead of --portrait: each frame shows the next of its pictures',
  ),
  repeat: choice(
    ['ping-pong', 'loop'],
    'What follows the last picture of --source-video: back to the first, or the first',
    {
      fallback: 'ping-pong',
    },
  ),
  speech: text(
    'FILE',
    'WAV, or any sound or video that ffmpeg decodes, - from standard input; with --motion only the sound of the video',
    {
      also: ['audio', 'voice', 'sound', 'wav', 'driven-audio'],
    },
  ),
  'sound-track': integer([0, 1000], 'Which track of sound of --speech, 0 the first', {
    fallback: 'the one that the file marks',
    also: ['audio-track'],
  }),
  motion: text('FILE', 'Repeat a motion kept with --save-motion instead of making one from --speech'),
  out: text(
    'FILE',
    'NAME.mp4, .webm or .gif, or pictures: DIR/%05d.png or DIR/; - writes to standard output, results to stderr',
    {
      also: ['o', 'video', 'result', 'result-dir'],
    },
  ),
  format: choice(['mp4', 'webm', 'gif'], 'The format where the name of --out does not say it', {
    fallback: 'by the name, else mp4',
  }),
  'no-overwrite': flag('Fail where a file exists instead of replacing it'),
  'save-portrait': text('FILE', 'Keep the prepared portrait, to be given to --portrait again'),
  'save-motion': text('FILE', 'Keep the motion, as JSON, to be given to --motion'),
});

export const videoInput = section('Video as input', {
  'video-track': integer([0, 1000], 'Which of its tracks of pictures, 0 the first', {
    fallback: 'the one that the file marks',
  }),
  'max-seconds': decimal([0.04, 1e6], 'Refuse a longer one', { fallback: '3600' }),
});

export const engine = section('Engine', TALKER_OPTIONS);

export const sampling = section('Sampling', {
  seed: seed('The same seed makes the same video, another one other head motion', { fallback: '0' }),
  steps: integer(STEPS, 'Sampling steps', { fallback: "the pack's" }),
  window: integer(WINDOW, 'Frames sampled at a time', { fallback: "the pack's" }),
  sampler: choice(['ddim', 'ddpm'], 'How noise becomes motion', { fallback: 'ddim' }),
  eta: decimal([0, 1], 'Share of fresh noise in ddim', { fallback: '0' }),
});

export const movement = section('Movement', {
  mode: choice(['absolute', 'relative'], "Take the predicted pose, or add its change to the portrait's", {
    fallback: 'absolute; with --source-video relative',
  }),
  still: flag('Keep the head as it is in the portrait; only the face moves'),
  'pose-scale': decimal([0, 3], 'Strength of the head motion', { fallback: '1' }),
  'pose-offset': decimals('YAW,PITCH,ROLL', [-30, 30], 'Turn the head by degrees', { fallback: '0,0,0' }),
  'expression-scale': decimal([0, 3], 'Strength of the expression', { fallback: '1' }),
  smoothing: decimal([0, 100], 'Strength of smoothing over time', { fallback: '1; with --motion 0' }),
  blink: choice(['model', 'periodic', 'off'], 'As the model blinks, every 3.6 s or so, or never', {
    fallback: 'model',
  }),
  region: choice(
    ['all', 'exp', 'pose', 'lip', 'eyes'],
    'What follows the speech or the motion; the rest stays',
    {
      fallback: 'all',
    },
  ),
  edit: text(
    'FILE',
    'Changes of yaw, pitch, roll, scale, translation and expression, for all frames or each; JSON',
  ),
  'silence-gate': flag('Let the mouth come to rest where nobody speaks'),
  'silence-threshold': decimal(
    [-80, 0],
    'Level of silence, in dB relative to the loudest; implies --silence-gate',
    {
      fallback: '-30',
    },
  ),
  'silence-after': decimal([0, 60], 'Seconds of silence before that; implies --silence-gate', {
    fallback: '0.3',
  }),
});

const retargeting = section('Retargeting, with packs that have the networks', {
  stitch: flag('Keep shoulders and neck where they are in the portrait; on by itself with --frame full'),
  'no-stitch': flag('Do not stitch whole pictures either'),
  eyes: decimal([0, 2], 'How far the eyes are open: height over width, 0 is shut', {
    fallback: 'as they move',
  }),
  lips: decimal([0, 2], 'How far the lips are open, likewise', { fallback: 'as they move' }),
});

export const cut = section('Portrait', {
  crop: choice(
    ['ffhq', 'kdtalker', 'liveportrait', 'none'],
    'How the face is cut out; none takes the whole picture',
    {
      fallback: "the pack's",
    },
  ),
  face: faceChoice('Which of several faces: largest, center, or 0 for the largest, 1 for the next', {
    fallback: 'largest',
  }),
  background: text(
    'COLOUR',
    "What transparent parts of the picture are laid on: #rrggbb, or 'transparent' to keep them so in PNG and WebM",
    { fallback: '#ffffff' },
  ),
  box: decimals('X,Y,W,H', ANY, 'The face is here: left, top, width, height in pixels, brows to chin'),
});

const encoding = section('Encoding', {
  frame: choice(
    ['crop', 'full'],
    'What a frame shows: the crop, or the full picture with the crop pasted back',
    {
      fallback: 'crop',
    },
  ),
  crf: integer(WEBM_CRF, 'Quality, less is better; in MP4 up to 51', { fallback: 'MP4 20, WebM 30' }),
  preset: choice(PRESETS, "x264's effort", { fallback: 'veryfast' }),
});

/** Every option of `animate`. The library checks the values again; a test compares the bounds of both. */
export const ANIMATE_OPTIONS = {
  ...{ ...files, ...videoInput, ...engine, ...sampling },
  ...{ ...movement, ...retargeting, ...cut, ...encoding },
};

/** The options given to `animate`. */
export type AnimateValues = Values<typeof ANIMATE_OPTIONS>;
