import type { Placement } from './host/host.js';
import { type Internals, internalsOf } from './internals.js';
import type { Portrait } from './portrait/portrait.js';
import type { Talker } from './talker.js';
import { SourceVideo } from './video/source-video.js';

/** By so much of its lanes another talker must be less loaded than that where the portrait is. */
const WORTH_COPYING = 0.2;
/** Load of a stream that is being opened, until its engine says it. */
const UNKNOWN_LOAD = 0.2;

interface Member {
  readonly talker: Talker;
  readonly internals: Internals;
  /** Clips and streams that were sent there, and which its engine does not count yet. */
  coming: number;
}

/** Chooses the talker of a pool for a pass over a clip, or for a stream. */
export class Placing {
  readonly #members: readonly Member[];

  constructor(talkers: readonly Talker[]) {
    this.#members = talkers.map((talker) => ({ talker, internals: internalsOf(talker), coming: 0 }));
  }

  /** The one with the fewest clips and streams; of these, one that has the portrait. */
  file(source: Portrait | SourceVideo): Placement {
    const [best] = this.#members
      .map((member) => ({ member, clips: clipsOf(member), there: source.lies(member.internals.host) }))
      .sort((a, b) => a.clips - b.clips || Number(b.there) - Number(a.there));
    return go(best!.member);
  }

  /** The least loaded one that has the portrait, unless another is worth the copy. */
  stream(portrait: Portrait | SourceVideo): Placement {
    const [best] = this.#members
      .map((member) => {
        const there = portrait instanceof SourceVideo || portrait.lies(member.internals.host);
        return { member, there, load: loadOf(member) + (there ? 0 : WORTH_COPYING) };
      })
      .sort((a, b) => a.load - b.load || Number(b.there) - Number(a.there));
    return go(best!.member);
  }

  /** The one with the fewest clips, streams and portraits. */
  portrait(): Talker {
    const [best] = this.#members
      .map((member) => ({ member, has: clipsOf(member) + member.talker.stats().portraits }))
      .sort((a, b) => a.has - b.has);
    return best!.member.talker;
  }
}

function clipsOf({ talker, coming }: Member): number {
  const { live, files } = talker.stats();
  return live.streams + files.running + files.queued + coming;
}

function loadOf({ talker, coming }: Member): number {
  const { load, streams } = talker.stats().live;
  return load + coming * (streams > 0 ? load / streams : UNKNOWN_LOAD);
}

function go(member: Member): Placement {
  member.coming++;
  const { host, admission } = member.internals;
  let counted = () => {
    counted = () => {};
    member.coming--;
  };
  return { host, admission, counted: () => counted() };
}
