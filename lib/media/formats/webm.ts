import { WEBM_CRF } from '../../limits.js';
import { COLOUR, evenSides, FfmpegEncoder, inputArguments, streamArguments } from '../ffmpeg-encoder.js';
import type { VideoFormat, VideoSpec } from './format.js';

/** WebM with VP9, in its fastest mode, and Opus. */
export const webm: VideoFormat = {
  name: 'webm',
  pixelFormat: 'yuv420p',
  sound: true,
  crf: WEBM_CRF,
  open: (target, name, spec) => new FfmpegEncoder(webmArguments(spec), target, name, spec),
};

function webmArguments(spec: VideoSpec): string[] {
  const { crf = 30, threads } = spec;
  const speed = ['-deadline', 'realtime', '-cpu-used', '8', '-row-mt', '1', '-threads', String(threads)];
  // A bit rate of 0 makes the quality constant.
  const video = [
    ...evenSides(spec),
    '-c:v',
    'libvpx-vp9',
    '-pix_fmt',
    'yuv420p',
    '-b:v',
    '0',
    '-crf',
    String(crf),
    ...speed,
    ...COLOUR,
  ];
  const sound = streamArguments(spec, ['-c:a', 'libopus', '-b:a', '96k']);
  return [...inputArguments(spec, 'yuv420p'), ...sound, ...video, '-f', 'webm'];
}
