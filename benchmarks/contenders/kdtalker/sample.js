import { SEED, windowWav } from '../../fixture-files.js';
import { measureCalls, Stopwatch } from '../../measure.js';
import { openPortrait, stagesSince } from './open.js';

/** From a spectrogram to the motion of one window: audio features, denoiser steps, de-normalisation, smoothing. */
export async function sample(settings) {
  const { talker, portrait } = await openPortrait(settings);
  const window = () => talker.animate(portrait, windowWav(settings), { seed: SEED }).motion();
  for (let i = 0; i < settings.warm; i++) await window();
  const before = talker.stages();
  const watch = new Stopwatch();
  for (let i = 0; i < settings.count; i++) await window();
  const used = watch.result({ toNow: true });
  const stages = stagesSince(talker, before);
  await talker.close();
  // The engine's own clock excludes the sound: no other contender computes a spectrogram here.
  const laps = stages.sample.map((ms, i) => ms + stages.audio[i]);
  return { ...used, laps, seconds: laps.reduce((sum, ms) => sum + ms, 0) / 1000, stages };
}

/** The same through the public interface: from a WAV file to motion. */
export async function motion(settings) {
  const { talker, portrait } = await openPortrait(settings);
  const result = await measureCalls(settings, () =>
    talker.animate(portrait, windowWav(settings), { seed: SEED }).motion(),
  );
  await talker.close();
  return result;
}
