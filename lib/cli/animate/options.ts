import type { FaceChoice } from '../../face/faces.js';
import { PHOTO_SIDE, PRESETS, STEPS, WEBM_CRF, WINDOW } from '../../limits.js';
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
    'The picture of a face, or a portrait saved with --save-portrait; - reads a picture from standard input',
    {
      also: ['image', 'picture', 'face-image', 'source', 'source-image'],
    },
  ),
  'source-video': text(
    'FILE',
    'A video of a face instead of --portrait; every frame animates the next picture of the video',
  ),
  repeat: choice(
    ['ping-pong', 'loop'],
    'What follows the last picture of --source-video: the video backwards, or its start again',
    {
      fallback: 'ping-pong',
    },
  ),
  speech: text(
    'FILE',
    'WAV, or any sound or video that ffmpeg decodes; - reads standard input. With --motion, it is only the sound of the video',
    {
      also: ['audio', 'voice', 'sound', 'wav', 'driven-audio'],
    },
  ),
  'sound-track': integer([0, 1000], 'The sound track of --speech; 0 is the first', {
    fallback: "the file's default track",
    also: ['audio-track'],
  }),
  motion: text('FILE', 'Repeat a motion saved with --save-motion instead of making one from --speech'),
  out: text(
    'FILE',
    'NAME.mp4, NAME.webm, NAME.gif, or pictures: DIR/%05d.png or DIR/; - writes the video to standard output and results to stderr',
    {
      also: ['video', 'result', 'result-dir'],
    },
  ),
  format: choice(['mp4', 'webm', 'gif'], 'The format, if the name of --out does not tell it', {
    fallback: 'from the name, else mp4',
  }),
  'no-overwrite': flag('Fail if a file exists instead of replacing it'),
  'save-portrait': text('FILE', 'Write the prepared portrait to a file, for --portrait'),
  'save-motion': text('FILE', 'Write the motion to a JSON file, for --motion'),
});

export const videoInput = section('Video as input', {
  'video-track': integer([0, 1000], 'The video track; 0 is the first', {
    fallback: "the file's default track",
  }),
  'max-seconds': decimal([0.04, 1e6], 'Refuse a video longer than this, in seconds', { fallback: '3600' }),
});

export const engine = section('Engine', TALKER_OPTIONS);

export const sampling = section('Sampling', {
  seed: seed('The same seed makes the same video; another seed makes other head motion', { fallback: '0' }),
  steps: integer(STEPS, 'Sampling steps', { fallback: "the pack's" }),
  window: integer(WINDOW, 'Frames sampled at a time', { fallback: "the pack's" }),
  sampler: choice(['ddim', 'ddpm'], 'The method that turns noise into motion', { fallback: 'ddim' }),
  eta: decimal([0, 1], 'Share of new noise in each step of ddim', { fallback: '0' }),
});

export const movement = section('Movement', {
  mode: choice(
    ['absolute', 'relative'],
    "Use the predicted pose, or add its changes to the portrait's pose",
    {
      fallback: 'absolute; with --source-video relative',
    },
  ),
  still: flag('Keep the pose of the head as in the portrait; only the face moves'),
  'pose-scale': decimal([0, 3], 'Strength of the head motion', { fallback: '1' }),
  'pose-offset': decimals('YAW,PITCH,ROLL', [-30, 30], 'Turn the head by degrees', { fallback: '0,0,0' }),
  'expression-scale': decimal([0, 3], 'Strength of the expression', { fallback: '1' }),
  smoothing: decimal([0, 100], 'Strength of smoothing over time', { fallback: '1; with --motion 0' }),
  blink: choice(['model', 'periodic', 'off'], 'Blinks: as the model makes them, about every 3.6 s, or none', {
    fallback: 'model',
  }),
  region: choice(
    ['all', 'exp', 'pose', 'lip', 'eyes'],
    'The part of the face that moves; the rest stays as in the portrait',
    {
      fallback: 'all',
    },
  ),
  edit: text(
    'FILE',
    'A JSON file with changes of yaw, pitch, roll, scale, translation and expression, for all frames or for each frame',
  ),
  'silence-gate': flag('Move the mouth to rest during silence'),
  'silence-threshold': decimal(
    [-80, 0],
    'Sound below this level is silence, in dB relative to the loudest; implies --silence-gate',
    {
      fallback: '-30',
    },
  ),
  'silence-after': decimal(
    [0, 60],
    'Seconds of silence before the mouth moves to rest; implies --silence-gate',
    {
      fallback: '0.3',
    },
  ),
});

export const retargeting = section('Retargeting, with packs that have the networks', {
  stitch: flag('Keep shoulders and neck in place; always on for full pictures, except with --no-stitch'),
  'no-stitch': flag('Do not stitch, not even full pictures'),
  eyes: decimal([0, 2], 'How far the eyes are open: height over width; 0 is shut', {
    fallback: 'as the motion moves them',
  }),
  lips: decimal([0, 2], 'How far the lips are open: height over width; 0 is shut', {
    fallback: 'as the motion moves them',
  }),
});

export const cut = section('Portrait', {
  crop: choice(
    ['ffhq', 'kdtalker', 'liveportrait', 'none'],
    'How the face is cropped; none uses the whole picture',
    {
      fallback: "the pack's",
    },
  ),
  face: faceChoice('Which face to use if there are several: largest, center, or an index; 0 is the largest', {
    fallback: 'largest',
  }),
  background: text(
    'COLOUR',
    "The colour behind transparent parts of the picture: #rrggbb, or 'transparent' to keep them so in PNG and WebM",
    { fallback: '#ffffff' },
  ),
  box: decimals(
    'X,Y,W,H',
    ANY,
    'Position of the face, from brows to chin: left, top, width, height in pixels',
  ),
});

export const encoding = section('Encoding', {
  frame: choice(
    ['crop', 'full'],
    'What a frame shows: the crop, or the full picture with the animated crop pasted into it',
    {
      fallback: "the pack's: full for the puppet, crop for the published model",
    },
  ),
  'max-size': integer(PHOTO_SIDE, 'The longer side of full pictures, in pixels: a larger photo is reduced', {
    fallback: '1920',
  }),
  crf: integer(WEBM_CRF, 'Constant rate factor: lower is better; MP4 ends at 51', {
    fallback: 'MP4 20, WebM 30',
  }),
  preset: choice(PRESETS, 'Speed of x264: slower makes smaller files', { fallback: 'veryfast' }),
});

/** Every option of `animate`. The library checks the values again; a test compares the bounds of both. */
export const ANIMATE_OPTIONS = {
  ...{ ...files, ...videoInput, ...engine, ...sampling },
  ...{ ...movement, ...retargeting, ...cut, ...encoding },
};

/** The options given to `animate`. */
export type AnimateValues = Values<typeof ANIMATE_OPTIONS>;
