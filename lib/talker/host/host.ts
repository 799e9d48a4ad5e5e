import { orAborted, type Stoppable } from '../../abort.js';
import type { TalkerHandle } from '../../binding.js';
import type { FaceFinder } from '../../face/faces.js';
import type { Pack } from '../../packs/pack.js';
import type { StreamAdmission } from './admission.js';
import type { LengthPlans } from './length-plans.js';
import type { Pending } from './pending.js';

/** What the objects made by a talker need from it. */
export interface TalkerHost {
  readonly handle: TalkerHandle;
  /** The same object for talkers of a pool, which share portraits. */
  family: object;
  readonly pack: Pack;
  /** Fires when the talker is closed. */
  readonly closed: AbortSignal;
  /** Of a talker whose networks are plans. */
  readonly plans: LengthPlans | undefined;
  /** Work of the engine whose result nobody awaits; close() waits for it. */
  readonly unheard: Pending;
  faces(): Promise<FaceFinder>;
}

/**
 * Waits for work of the engine that cannot be stopped half-way; after an abort it continues in the background.
 * @throws KdtalkerError
 * ABORTED
 */
export function engineWork<T>(
  host: TalkerHost,
  work: Promise<T>,
  stoppable: Stoppable,
  late?: (value: T) => Promise<unknown>,
): Promise<T> {
  return orAborted(work, stoppable, late, (rest) => host.unheard.add(rest));
}

/** Where a pass over a clip, or a stream, is computed. */
export interface Placement {
  readonly host: TalkerHost;
  readonly admission: StreamAdmission;
  /** Called once the engine counts it among its own, or when it came to nothing. */
  counted(): void;
}
