import { rangeOf } from '../arithmetic/statistics.js';

/** Decibels below the loudest frame that are silence, and those above the threshold at which it ends, as in `silenceGate`. */
const [THRESHOLD, HYSTERESIS] = [-30, 6];
/** Seconds of the shortest silence. */
const SHORTEST = 0.3;

/** Whether somebody speaks in each frame: 1, or 0 in silences of 0.3 s and more. @param loudness of each frame, linear */
export function speechFrames(loudness: ArrayLike<number>, fps: number): Uint8Array {
  const loudest = rangeOf(loudness)[1];
  const speech = new Uint8Array(loudness.length).fill(loudest > 0 ? 1 : 0);
  if (!(loudest > 0)) return speech;
  const shortest = Math.round(SHORTEST * fps);
  for (let start = 0; start < speech.length; ) {
    const end = endOfSilence(loudness, start, loudest);
    if (end - start >= shortest) speech.fill(0, start, end);
    start = Math.max(end, start + 1);
  }
  return speech;
}

/** The first frame from `start` on that is not silent; `start` itself if no silence begins there. */
function endOfSilence(loudness: ArrayLike<number>, start: number, loudest: number): number {
  const level = (i: number) => 20 * Math.log10(loudness[i]! / loudest);
  if (level(start) >= THRESHOLD) return start;
  let end = start + 1;
  while (end < loudness.length && level(end) < THRESHOLD + HYSTERESIS) end += 1;
  return end;
}
