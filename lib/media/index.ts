export type { Background, Colour } from './colour.js';
export { type Ffmpeg, type FfmpegLocation, findFfmpeg, locateFfmpeg } from './ffmpeg.js';
export type { FileInput } from './file-input.js';
export { bytesOfFrame, type EncoderPixelFormat, type VideoFormat } from './formats/format.js';
export { FrameSource, type VideoInput } from './frame-source.js';
export { FrameStore } from './frame-store.js';
export { GrowingTrack } from './growing-track.js';
export { checkInputFile } from './input.js';
export { MAX_PIXELS } from './limits.js';
export { openPcm, type PcmFormat, type PcmInput } from './pcm-input.js';
export {
  decodePng,
  encodePng,
  MIN_SIDE,
  type PictureInput,
  type RawPicture,
  readPicture,
} from './picture.js';
export { type Recoding, recode, recodePictures } from './recode.js';
export { checkFinite, mixDown, speechTooShort, toFloats } from './samples.js';
export { type LastingSound, openSound, type Sound, type SoundOptions } from './sound.js';
export { ReusableSound, type SoundInput } from './sound-input.js';
export type { RawSound } from './sources/raw.js';
export { decodeStill, type StillKind } from './still.js';
export type { SoundTrack } from './track.js';
export {
  formatOf,
  openVideo,
  planVideo,
  type VideoFormatName,
  type VideoOptions,
  type VideoOutput,
  VideoWriter,
  videoFormat,
} from './video.js';
export { bytesOfView } from './view-bytes.js';
