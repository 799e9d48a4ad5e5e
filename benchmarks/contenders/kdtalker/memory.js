import { peakMiB } from '../../peak.js';
import { CROPS, openPortrait } from './open.js';

/**
 * Peak resident memory of a clip of `settings.speech`, in MiB: before the first frame, and of the whole clip. Takes frames without pause,
 * `settings.take` of them, or all.
 */
export async function memory(settings) {
  const { talker, portrait } = await openPortrait(settings);
  const clip = talker.animate(portrait, settings.speech, CROPS);
  const begun = performance.now();
  let first;
  let taken = 0;
  for await (const { index } of clip.frames({ format: 'yuv420p' })) {
    first ??= { seconds: (performance.now() - begun) / 1000, peakMiB: peakMiB() };
    taken = index + 1;
    if (taken === settings.take) break;
  }
  const seconds = (performance.now() - begun) / 1000;
  const result = { first, frames: taken, fps: taken / seconds, peakMiB: peakMiB() };
  await talker.close();
  return result;
}
