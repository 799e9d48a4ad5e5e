import { z } from 'zod';
import type { NativeSilenceOptions } from '../../binding.js';
import { invalidArgument } from '../../errors.js';
import type { PackManifest } from '../../packs/pack.js';
import { lipMask } from '../../packs/regions.js';
import { integer, number } from '../../validate.js';

/** Level of the spectrogram in decibels that is always silence, whatever the loudest frame is: noise alone does not open the mouth. */
const LOWEST = -80;
/** Default seconds in which the mouth wakes and comes to rest. */
const [ATTACK, RELEASE] = [0.16, 0.32];

const options = z.strictObject(
  {
    threshold: number(-80, 0).default(-30),
    hysteresis: number(0, 40).default(6),
    after: number(0, 60).default(0.3),
    attack: integer(0, 250).optional(),
    release: integer(0, 250).optional(),
  },
  { error: 'true, false or an object' },
);

/** `false` means no gate, `true` a gate with default options. */
function meant(given: unknown): unknown {
  if (given === true) return {};
  return given === false ? undefined : given;
}

/** The {@link SilenceGateOptions}; undefined for no gate. */
export const silenceSchema = z.preprocess(meant, options.optional());

/** The gate for the engine; undefined for none. @throws INVALID_ARGUMENT for a replay, which has no sound */
export function planSilence(
  given: z.output<typeof silenceSchema>,
  manifest: PackManifest,
  replay: boolean,
): NativeSilenceOptions | undefined {
  if (given === undefined) return undefined;
  if (replay)
    throw invalidArgument('false with a motion, which has no sound to listen to,', 'silenceGate', given);
  const { threshold, hysteresis, after } = given;
  const frames = (seconds: number) => Math.round(seconds * manifest.fps);
  const { attack = frames(ATTACK), release = frames(RELEASE) } = given;
  const rule = { threshold, hysteresis, attack, release };
  return { ...rule, lowest: LOWEST, wait: frames(after), lips: lipMask(manifest) };
}
