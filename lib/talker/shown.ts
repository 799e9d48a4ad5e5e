import { native } from '../binding.js';
import { KdtalkerError } from '../errors.js';
import type { FramePortraits } from './clip-run.js';
import type { TalkerHost } from './host.js';
import type { PhotoSize } from './photo.js';
import type { Portrait } from './portrait.js';
import type { SourceVideo } from './source-video.js';

/** The owner of a portrait closes it. */
export function onePortrait(portrait: Portrait, host: TalkerHost): FramePortraits {
  portrait.handle; // throws if it is closed
  return { first: () => portrait.on(host), ofFrame: undefined, release: async () => {} };
}

export function portraitsOfVideo(video: SourceVideo, full: boolean, host: TalkerHost): FramePortraits {
  return {
    first: () => video.portrait(0, full, host),
    ofFrame: (index) => video.portrait(index, full, host),
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
