import { native } from '../../binding.js';
import { invalidArgument, KdtalkerError } from '../../errors.js';
import type { TalkerHost } from '../host/host.js';
import type { PhotoSize } from '../portrait/photo.js';
import { Portrait } from '../portrait/portrait.js';
import { SourceVideo } from '../video/source-video.js';
import type { ClipSubject } from './clip-options.js';
import type { FramePortraits } from './clip-run.js';

/** What a clip or a stream animates, if it belongs to the talker. @throws INVALID_ARGUMENT, CLOSED */
export function subjectOf(portrait: Portrait | SourceVideo, host: TalkerHost): ClipSubject {
  const video = portrait instanceof SourceVideo;
  if (!video && !(portrait instanceof Portrait))
    throw invalidArgument('a portrait of talker.portrait()', 'portrait', portrait);
  portrait.check(host);
  return { video, photo: portrait.photo !== undefined, period: video ? portrait.period : 1 };
}

/** The opacity of frames, which those of a video do not have. */
export function opacityOf(portrait: Portrait | SourceVideo, full: boolean): Uint8Array | undefined {
  return portrait instanceof Portrait ? portrait.opacity(full) : undefined;
}

/** The portraits of frames, on one of the talkers of a pool. */
export function shownBy(portrait: Portrait | SourceVideo, full: boolean, host: TalkerHost): FramePortraits {
  return portrait instanceof SourceVideo
    ? portraitsOfVideo(portrait, full, host)
    : onePortrait(portrait, host);
}

/** The owner of a portrait closes it. */
function onePortrait(portrait: Portrait, host: TalkerHost): FramePortraits {
  portrait.handle; // throws if it is closed
  return { first: () => portrait.on(host), ofFrame: undefined, release: async () => {} };
}

function portraitsOfVideo(video: SourceVideo, full: boolean, host: TalkerHost): FramePortraits {
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
