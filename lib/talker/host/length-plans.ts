import { native, type TalkerHandle } from '../../binding.js';
import {
  type ChosenLength,
  openRoles,
  type PackPlanFor,
  plansForLength,
} from '../../packs/lowering/plan/plan-pack.js';
import { nativeRoles } from '../../packs/native-options.js';
import type { Pack } from '../../packs/pack.js';
import { checkPack } from '../../packs/verify.js';

/** The lengths of a clip or a stream. */
interface ChosenLengths {
  window: number;
  steps: number;
  /** Of a stream: the frames that it hears at a time. */
  stream?: { hop: number } | undefined;
}

/**
 * The plans of a talker for the lengths that clips choose. A plan has one length: another window, or other steps, is another plan over the
 * weights that the device already has. It is made when a clip first asks for it.
 */
export class LengthPlans {
  readonly #pack: Pack;
  readonly #talker: TalkerHandle;
  readonly #precision: PackPlanFor['precision'];
  readonly #directory: string | undefined;
  /** Lengths whose plans the engine has. */
  readonly #ready: Record<ChosenLength, Set<number>>;

  /**
   * @param precision that of the talker's plans
   * @param directory of the cache of plans; default: the usual one
   */
  constructor(pack: Pack, talker: TalkerHandle, precision: PackPlanFor['precision'], directory?: string) {
    const { window, steps } = pack.manifest.sampler;
    this.#pack = pack;
    this.#talker = talker;
    this.#precision = precision;
    this.#directory = directory;
    this.#ready = { window: new Set([window]), steps: new Set([steps]), hop: new Set() };
  }

  /**
   * Gives the engine plans for these lengths, unless it has them.
   *
   * @throws KdtalkerError PACK_DAMAGED if the pack's files have changed, OPERATOR_UNSUPPORTED, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL,
   *   DEVICE_MEMORY, DEVICE_LOST, ABORTED
   */
  async prepare({ window, steps, stream }: ChosenLengths, signal: AbortSignal | undefined): Promise<void> {
    await this.#prepare('window', window, signal);
    await this.#prepare('steps', steps, signal);
    if (stream) await this.#prepare('hop', stream.hop, signal);
  }

  async #prepare(which: ChosenLength, length: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#ready[which].has(length) || openRoles(this.#pack, which).length === 0) return;
    const target = { which, length, precision: this.#precision };
    const plans = await plansForLength(this.#pack, target, {
      directory: this.#directory,
      signal,
      check: () => checkPack(this.#pack, signal ? { signal } : {}),
    });
    const window = which === 'steps' ? this.#pack.manifest.sampler.window : length;
    if (this.#ready[which].has(length)) return; // another clip was first
    if (plans) await native().addPlans(this.#talker, { roles: nativeRoles(plans), window });
    this.#ready[which].add(length);
  }
}
