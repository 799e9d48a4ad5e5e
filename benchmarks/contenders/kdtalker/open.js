import { Motion, Talker } from '../../../dist/index.js';
import { portraitFile, readMotion } from '../../fixture-files.js';

/** A talker with the run's portrait. */
export async function openPortrait(settings) {
  const talker = await Talker.load(settings.pack, { threads: settings.threads });
  return { talker, portrait: await talker.loadPortrait(portraitFile(settings)) };
}

/** The run's motion repeated to so many frames: clips of it are rendered without being sampled. */
export async function motionOf(settings, frames) {
  const values = await readMotion(settings);
  return new Motion(Float32Array.from({ length: 70 * frames }, (_, i) => values[i % values.length]));
}
