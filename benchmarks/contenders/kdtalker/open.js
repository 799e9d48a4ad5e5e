import { Motion, Talker } from '../../../dist/index.js';
import { portraitFile, readMotion } from '../../fixture-files.js';

/** The other contenders render crops. */
export const CROPS = { frame: 'crop' };

/** A talker with the contender's options. */
export function loadTalker({ pack, threads, load }) {
  return Talker.load(pack, { threads, ...load });
}

/** A talker with the run's portrait. */
export async function openPortrait(settings) {
  const talker = await loadTalker(settings);
  return { talker, portrait: await talker.loadPortrait(portraitFile(settings)) };
}

/** The run's motion, repeated to this number of frames: its clips are rendered without sampling. */
export async function motionOf(settings, frames) {
  const values = await readMotion(settings);
  return new Motion(Float32Array.from({ length: 70 * frames }, (_, i) => values[i % values.length]));
}

/**
 * Times of the stages after `laps` laps, in ms, by their names: earlier times belong to the warm-up.
 *
 * @param before talker.stages() at the start of the measurement
 */
export function stagesSince(talker, before) {
  const entries = Object.entries(talker.stages()).map(([name, { laps, recent }]) => {
    const since = laps - before[name].laps;
    return [name, [...recent.slice(Math.max(0, recent.length - since))]];
  });
  return Object.fromEntries(entries.filter(([, times]) => times.length > 0));
}
