import { FfmpegEncoder, inputArguments } from '../ffmpeg-encoder.js';
import type { VideoFormat, VideoSpec } from './format.js';

/**
 * The number of frames whose colours make the palette. The rest of a clip shows the same person before the same background; a palette of
 * all frames would keep all of them in memory.
 */
const PALETTE_FRAMES = 50;

/** Players replace a delay below two hundredths of a second by ten hundredths: faster clips lose frames. */
const HIGHEST_FPS = 50;

/** Ordered dithering keeps a still background still, so only the rectangle that changed is stored. */
const filterOf = (fps: number) =>
  `[0:v]${fps > HIGHEST_FPS ? `fps=${HIGHEST_FPS},` : ''}split[frames][first];[first]trim=end_frame=${PALETTE_FRAMES},palettegen[palette];` +
  '[frames][palette]paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle[gif]';

/** Animated GIF without sound, repeated for ever. 25 fps are 4 hundredths of a second, which GIF stores exactly. */
export const gif: VideoFormat = {
  name: 'gif',
  pixelFormat: 'rgb24',
  sound: false,
  open: (target, name, spec) =>
    new FfmpegEncoder(gifArguments(spec), target, name, { ...spec, sound: undefined }),
};

function gifArguments(spec: VideoSpec): string[] {
  const input = inputArguments(spec, 'rgb24');
  return [...input, '-filter_complex', filterOf(spec.fps), '-map', '[gif]', '-loop', '0', '-f', 'gif'];
}
