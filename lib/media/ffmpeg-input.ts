import { resolve } from 'node:path';
import { MAX_PIXELS } from './limits.js';

/**
 * The demuxers that may open a file: those of common containers and streams, each of which reads only that file. The list leaves out
 * demuxers that open other files or addresses named in the file (hls, dash, concat, sdp, mpjpeg, image2 patterns), draw (lavfi, svg) or
 * render text, and the hundreds of formats of old games.
 */
const DEMUXERS = [
  ...['mov', 'matroska', 'avi', 'flv', 'asf', 'ogg', 'mxf', 'nut', 'rm', 'dv', 'mpegts', 'mpeg', 'mpegvideo'],
  ...['h264', 'hevc', 'm4v', 'mjpeg', 'ivf', 'obu', 'av1', 'yuv4mpegpipe', 'gif', 'apng'],
  ...['jpeg_pipe', 'png_pipe', 'webp_pipe', 'bmp_pipe', 'tiff_pipe'],
  ...['wav', 'w64', 'aiff', 'caf', 'au', 'voc', 'flac', 'mp3', 'aac', 'loas', 'ac3', 'eac3', 'dts', 'truehd'],
  ...['amr', 'amrnb', 'amrwb', 'gsm', 'ape', 'wv', 'tta', 'tak', 'mpc', 'mpc8', 'dsf', 'oma', 'xwma'],
];

/**
 * By a picture file's name ffmpeg chooses `image2`, whatever the content. That demuxer opens other files if the name has a pattern, and
 * chooses the decoder by the name: only names without '%' that end as a plain picture's do are safe.
 */
const PLAIN_PICTURE = /^[^%]*\.(jpe?g|png|bmp|webp|tiff?)$/i;

/** Arguments that let ffmpeg open an untrusted file, and only that file. */
export function fileInput(file: string): string[] {
  const path = resolve(file);
  return restricted(path, PLAIN_PICTURE.test(path) ? [...DEMUXERS, 'image2'] : DEMUXERS);
}

/** As {@link fileInput}, for one still picture of a known coding: ffmpeg guesses nothing from content or name. */
export function stillInput(file: string, decoder: string | undefined): string[] {
  if (decoder === undefined) return ['-f', 'mov', ...restricted(resolve(file), ['mov'])];
  // Without a pattern `image2` opens exactly this name.
  const only = ['-f', 'image2', '-pattern_type', 'none', '-c:v', decoder];
  return [...only, ...restricted(resolve(file), ['image2'])];
}

/** Puts `file:` in front: a name may begin with '-' or like a protocol. */
function restricted(path: string, demuxers: readonly string[]): string[] {
  const allow = ['-protocol_whitelist', 'file,pipe', '-format_whitelist', demuxers.join(',')];
  return [...allow, '-max_pixels', String(MAX_PIXELS), '-i', `file:${path}`];
}
