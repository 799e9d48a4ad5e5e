import { resolve } from 'node:path';
import { MAX_PIXELS } from './limits.js';

/**
 * The demuxers that may open a file: those of containers and streams that people have, each of which reads that one file. Left out is
 * what opens other files or addresses that the file names (hls, dash, concat, sdp, mpjpeg, image2 patterns), what draws
 * (lavfi, svg), what renders text, and the hundreds of formats of old games.
 */
const DEMUXERS = [
  ...['mov', 'matroska', 'avi', 'flv', 'asf', 'ogg', 'mxf', 'nut', 'rm', 'dv', 'mpegts', 'mpeg', 'mpegvideo'],
  ...['h264', 'hevc', 'm4v', 'mjpeg', 'ivf', 'obu', 'av1', 'yuv4mpegpipe', 'gif', 'apng'],
  ...['jpeg_pipe', 'png_pipe', 'webp_pipe', 'bmp_pipe', 'tiff_pipe'],
  ...['wav', 'w64', 'aiff', 'caf', 'au', 'voc', 'flac', 'mp3', 'aac', 'loas', 'ac3', 'eac3', 'dts', 'truehd'],
  ...['amr', 'amrnb', 'amrwb', 'gsm', 'ape', 'wv', 'tta', 'tak', 'mpc', 'mpc8', 'dsf', 'oma', 'xwma'],
];

/**
 * A picture file's name makes ffmpeg take `image2`, whatever it holds. That demuxer opens other files where the name has a pattern, and
 * decoders by the name: only names without '%' that end as a plain picture's do.
 */
const PLAIN_PICTURE = /^[^%]*\.(jpe?g|png|bmp|webp|tiff?)$/i;

/** Arguments that let ffmpeg open an untrusted file, and only that file. */
export function fileInput(file: string): string[] {
  const path = resolve(file);
  return restricted(path, PLAIN_PICTURE.test(path) ? [...DEMUXERS, 'image2'] : DEMUXERS);
}

/** As {@link fileInput}, for one still picture in a coding that is known: nothing is guessed from content or name. */
export function stillInput(file: string, decoder: string | undefined): string[] {
  if (decoder === undefined) return ['-f', 'mov', ...restricted(resolve(file), ['mov'])];
  // Without a pattern the name is a name.
  const only = ['-f', 'image2', '-pattern_type', 'none', '-c:v', decoder];
  return [...only, ...restricted(resolve(file), ['image2'])];
}

/** `file:` in front: a name may begin with '-' or as a protocol does. */
function restricted(path: string, demuxers: readonly string[]): string[] {
  const allow = ['-protocol_whitelist', 'file,pipe', '-format_whitelist', demuxers.join(',')];
  return [...allow, '-max_pixels', String(MAX_PIXELS), '-i', `file:${path}`];
}
