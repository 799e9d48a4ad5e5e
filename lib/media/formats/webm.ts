import { WEBM_CRF } from '../../limits.js';
import { COLOUR, evenSides, FfmpegEncoder, inputArguments, streamArguments } from '../ffmpeg-encoder.js';
import type { VideoFormat, VideoSpec } from './format.js';

/** WebM with VP9, in its fastest mode, and Opus. */
export const webm: VideoFormat = {
  name: 'webm',
  pixelFormat: 'yuv420p',
  transparentFormat: 'yuva420p',
  sound: true,
  crf: WEBM_CRF,
  open: (target, name, spec) =>
    new FfmpegEncoder(webmArguments(spec, typeof target === 'string'), target, name, spec),
};

/** Opacity is stored as a second picture for each frame. Hidden frames, such as some before the first, have none. */
const ALPHA = ['-auto-alt-ref', '0', '-metadata:s:v:0', 'alpha_mode=1'];

/** Of a video that is watched while it is made: no frame waits for later ones, and a cluster, in milliseconds, is short. */
const NO_DELAY = ['-lag-in-frames', '0', '-g', '50', '-cluster_time_limit', '40'];

function webmArguments(spec: VideoSpec, isFile: boolean): string[] {
  const { crf = 30, threads } = spec;
  const speed = ['-deadline', 'realtime', '-cpu-used', '8', '-row-mt', '1', '-threads', String(threads)];
  // A bit rate of 0 makes the quality constant.
  const video = [
    ...evenSides(spec),
    '-c:v',
    'libvpx-vp9',
    '-pix_fmt',
    spec.pixelFormat,
    '-b:v',
    '0',
    '-crf',
    String(crf),
    ...speed,
    ...COLOUR,
    ...(spec.pixelFormat === 'yuva420p' ? ALPHA : []),
    ...(!isFile && spec.frames === undefined ? NO_DELAY : []),
  ];
  const sound = streamArguments(spec, ['-c:a', 'libopus', '-b:a', '96k']);
  return [...inputArguments(spec, spec.pixelFormat), ...sound, ...video, '-f', 'webm'];
}
