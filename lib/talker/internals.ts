import type { Clip } from './clip/clip.js';
import type { ClipTalker } from './clip/make-clip.js';
import type { StreamAdmission } from './host/admission.js';
import type { TalkerHost } from './host/host.js';
import type { TalkStream } from './stream/talk-stream.js';

/** What a pool needs of its talkers beyond what users see. */
export interface Internals {
  readonly host: TalkerHost;
  readonly admission: StreamAdmission;
  readonly making: Omit<ClipTalker, 'place'>;
  /** Closes what was made with the talker. */
  adopt<T extends Clip | TalkStream>(child: T): T;
}

const known = new WeakMap<object, Internals>();

export function keepInternals(talker: object, internals: Internals): void {
  known.set(talker, internals);
}

export function internalsOf(talker: object): Internals {
  return known.get(talker)!;
}
