import type { TalkerHandle } from '../binding.js';
import type { FaceFinder } from '../face/faces.js';
import type { Pack } from '../packs/pack.js';

/** What everything made by a talker needs of it. */
export interface TalkerHost {
  readonly handle: TalkerHandle;
  readonly pack: Pack;
  faces(): Promise<FaceFinder>;
}
