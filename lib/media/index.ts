export { type Ffmpeg, type FfmpegLocation, findFfmpeg, locateFfmpeg } from './ffmpeg.js';
export { bytesOfFrame, type EncoderPixelFormat, type VideoFormat } from './formats/format.js';
export { FrameSource, type VideoInput } from './frame-source.js';
export { FrameStore } from './frame-store.js';
export { checkInputFile } from './input.js';
export {
  encodePng,
  MAX_PIXELS,
  MIN_SIDE,
  type PictureInput,
  type RawPicture,
  readPicture,
} from './picture.js';
export { speechTooShort } from './samples.js';
export { isRawSound, openSound, type Sound, type SoundInput } from './sound.js';
export { openVideo, type VideoOptions, VideoWriter, videoFormat } from './video.js';
export type { RawSound } from './wav-writer.js';
