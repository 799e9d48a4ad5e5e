import { warnOnce } from '../../warnings.js';

/** Warns, once for each pack, that half precision did not hold the frames of a clip from one on. Returns the sentence. */
export function warnOfHalves(pack: string, from: number): string {
  const message = `Half precision cannot hold frame ${from} of pack '${pack}'. This frame and the rest of the clip are rendered in float32. Use precision 'fp32'`;
  warnOnce('HALVES_OVERFLOW', message, pack);
  return message;
}
