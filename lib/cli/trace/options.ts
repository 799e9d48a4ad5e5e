import { STEPS, WINDOW } from '../../limits.js';
import {
  choice,
  decimal,
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

/** Indices between commas. */
function indices(help: string, extras: { fallback: string }): Option<number[]> {
  const read = (typed: string, name: string) => {
    const parts = typed.split(',').map((part) => part.trim());
    if (!parts.every((part) => /^\d{1,9}$/.test(part)))
      throw wrongValue('indices from 0 with commas between them', name, typed);
    return parts.map(Number);
  };
  return { ...extras, placeholder: 'I,J,..', help, read };
}

/** Every option of `trace`. */
export const TRACE_OPTIONS = section('Options', {
  portrait: text('FILE', 'The picture of a face; - reads standard input'),
  speech: text('FILE', 'WAV, or any sound or video that ffmpeg decodes; - reads standard input'),
  'sound-track': integer([0, 1000], 'The sound track of --speech; 0 is the first', {
    fallback: "the file's default track",
  }),
  out: text('FILE', 'The tensors, in one .safetensors file'),
  ...TALKER_OPTIONS,
  crop: choice(
    ['ffhq', 'kdtalker', 'liveportrait', 'none'],
    'How the face is cropped; none uses the whole picture',
    { fallback: "the pack's" },
  ),
  noise: text('FILE', "A .safetensors file with 'noise' [windows, window, 70] to start from", {
    fallback: "the seed's",
  }),
  frames: indices('Frames to render, 64 at most', { fallback: 'none' }),
  seed: seed('Seed of the noise', { fallback: '0' }),
  steps: integer(STEPS, 'Sampling steps', { fallback: "the pack's" }),
  window: integer(WINDOW, 'Frames sampled at a time', { fallback: "the pack's" }),
  sampler: choice(['ddim', 'ddpm'], 'The method that turns noise into motion', { fallback: 'ddim' }),
  eta: decimal([0, 1], 'Share of new noise in each step of ddim', { fallback: '0' }),
  stitch: flag('Stitch the rendered keypoints, and write the result too'),
  eyes: decimal([0, 2], 'Retarget the eyes to this ratio, and write the result too', {
    fallback: 'as the motion moves them',
  }),
  lips: decimal([0, 2], 'Retarget the lips to this ratio, and write the result too', {
    fallback: 'as the motion moves them',
  }),
});

/** The options given to `trace`. */
export type TraceValues = Values<typeof TRACE_OPTIONS>;
