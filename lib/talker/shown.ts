import { native } from '../binding.js';
import { KdtalkerError } from '../errors.js';
import type { FramePortraits } from './clip-run.js';
import type { PhotoSize } from './photo.js';
import type { Portrait } from './portrait.js';
import type { SourceVideo } from './source-video.js';

/** The owner of a portrait closes it. */
export function onePortrait(portrait: Portrait): FramePortraits {
  const { handle } = portrait; // throws if it is closed
  return { first: async () => handle, ofFrame: undefined, release: async () => {} };
}

export function portraitsOfVideo(video: SourceVideo, full: boolean): FramePortraits {
  return {
    first: () => video.portrait(0, full),
    ofFrame: (index) => video.portrait(index, full),
    release: (portrait) => native().closePortrait(portrait),
  };
}

export function photoSize({ photo }: Portrait | SourceVideo): PhotoSize {
  if (photo !== undefined) return photo;
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    "Expected a portrait that keeps its photo for frame 'full' but received one that does not: it was prepared with keepPhoto: false, " +
      'or saved without. Prepare it again',
  );
}
