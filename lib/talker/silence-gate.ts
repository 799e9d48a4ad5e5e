import { z } from 'zod';
import type { NativeSilenceOptions } from '../binding.js';
import { invalidArgument } from '../errors.js';
import type { PackManifest } from '../packs/pack.js';
import { lipMask } from '../packs/regions.js';
import { integer, number } from '../validate.js';

/** When and how the mouth comes to rest where nobody speaks. Speech itself is never touched. */
export interface SilenceGateOptions {
  /** Frames so many decibels below the loudest are silent: -80 to 0, default -30. */
  threshold?: number | undefined;
  /** Decibels above the threshold at which a silence ends, so that a level near it does not flutter: 0 to 40, default 6. */
  hysteresis?: number | undefined;
  /** Seconds that a silence lasts before anything happens: 0 to 60, default 0.3. Pauses that are shorter stay as they are. */
  after?: number | undefined;
  /** Frames in which the mouth wakes before speech goes on: 0 to 250, default 4. */
  attack?: number | undefined;
  /** Frames in which it comes to rest: 0 to 250, default 8. */
  release?: number | undefined;
}

/** Decibels of the spectrogram below which nobody speaks, whatever the loudest frame is: a recording of nothing stays shut. */
const LOWEST = -80;

const options = z.strictObject(
  {
    threshold: number(-80, 0).default(-30),
    hysteresis: number(0, 40).default(6),
    after: number(0, 60).default(0.3),
    attack: integer(0, 250).default(4),
    release: integer(0, 250).default(8),
  },
  { error: 'true, false or an object' },
);

/** `false` and `true` stand for nothing and for everything as it is by default. */
function meant(given: unknown): unknown {
  if (given === true) return {};
  return given === false ? undefined : given;
}

/** What {@link SilenceGateOptions} says; undefined for no gate. */
export const silenceSchema = z.preprocess(meant, options.optional());

/** The gate as the engine takes it; undefined for none. @throws INVALID_ARGUMENT for a replay, which has no sound */
export function planSilence(
  given: z.output<typeof silenceSchema>,
  manifest: PackManifest,
  replay: boolean,
): NativeSilenceOptions | undefined {
  if (given === undefined) return undefined;
  if (replay)
    throw invalidArgument('false with a motion, which has no sound to listen to,', 'silenceGate', given);
  const { after, ...rule } = given;
  return { ...rule, lowest: LOWEST, wait: Math.round(after * manifest.fps), lips: lipMask(manifest) };
}
