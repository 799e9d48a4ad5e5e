import { monitorEventLoopDelay } from 'node:perf_hooks';
import { measureItems } from '../../measure.js';
import { CROPS, motionOf, openPortrait } from './open.js';

const RESOLUTION = 1; // ms; the monitor's own interval, which its values include

/** The delay of other work in the process while frames are taken without pause. */
export async function eventLoop(settings) {
  const { talker, portrait } = await openPortrait(settings);
  const motion = await motionOf(settings, settings.warm + settings.count);
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  let taken = 0;
  const result = await measureItems(settings, talker.animate(portrait, motion, CROPS).frames(), () => {
    taken += 1;
    if (taken === settings.warm) delay.enable();
  });
  delay.disable();
  await talker.close();
  const ms = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);
  return {
    ...result,
    loopDelay: { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) },
  };
}
