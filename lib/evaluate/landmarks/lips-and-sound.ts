import { mean, median, toUnitRange } from '../arithmetic/statistics.js';

/** Frames of speech and silence. */
export type SpeechFrames = ArrayLike<number | boolean>;

/**
 * THEval's silent lip stability: how far the mouth's opening is from its mean during silence, the median. Undefined without silence.
 *
 * @param opening of each frame, `silentOpening`; NaN for frames without a face
 * @param speech whether somebody speaks in the frame
 */
export function silentLipStability(opening: readonly number[], speech: SpeechFrames): number | undefined {
  const silent = opening.filter((value, i) => !speech[i] && !Number.isNaN(value));
  if (silent.length === 0) return undefined;
  const centre = mean(silent);
  return median(silent.map((value) => Math.abs(value - centre)));
}

/**
 * THEval's lip-sync: the mean difference of the mouth's opening and the sound's loudness during speech, both scaled to 0..1. Undefined
 * without speech.
 *
 * @param opening of each frame, `speakingOpening`; NaN for frames without a face
 * @param loudness of each frame
 */
export function lipSync(
  opening: readonly number[],
  loudness: ArrayLike<number>,
  speech: SpeechFrames,
): number | undefined {
  const used = opening.flatMap((value, i) => (speech[i] && !Number.isNaN(value) ? [i] : []));
  if (used.length === 0) return undefined;
  const mouth = toUnitRange(used.map((i) => opening[i]!));
  const sound = toUnitRange(used.map((i) => loudness[i]!));
  return mean(mouth.map((value, i) => Math.abs(value - sound[i]!)));
}

/** THEval's score of a number against the real video's: 1 is equal, 0 is as far away as zero, less is farther. */
export function closeness(value: number, real: number): number {
  return 1 - Math.abs(value - real) / Math.abs(real);
}
