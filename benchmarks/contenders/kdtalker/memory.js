import { openPortrait } from './open.js';

/**
 * Resident memory of a clip of `settings.speech`, in MiB, sampled every 20 ms: the most before the first frame, and the most of all.
 * Frames are taken as fast as they come, `settings.take` of them, or all.
 */
export async function memory(settings) {
  const { talker, portrait } = await openPortrait(settings);
  const clip = talker.animate(portrait, settings.speech);
  const peak = watchMemory();
  const begun = performance.now();
  let first;
  let taken = 0;
  for await (const { index } of clip.frames({ format: 'yuv420p' })) {
    first ??= { seconds: (performance.now() - begun) / 1000, peakMiB: peak.read() };
    taken = index + 1;
    if (taken === settings.take) break;
  }
  const seconds = (performance.now() - begun) / 1000;
  const result = { first, frames: taken, fps: taken / seconds, peakMiB: peak.stop() };
  await talker.close();
  return result;
}

function watchMemory() {
  let most = 0;
  const read = () => {
    most = Math.max(most, process.memoryUsage.rss() / 2 ** 20);
    return most;
  };
  const timer = setInterval(read, 20);
  return {
    read,
    stop() {
      clearInterval(timer);
      return read();
    },
  };
}
