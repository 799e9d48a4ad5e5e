import { videoFile, windowWav } from '../../fixture-files.js';
import { Stopwatch } from '../../measure.js';
import { CROPS, motionOf, openPortrait } from './open.js';

/** From motion to an MP4 file without sound: rendering and encoding. */
export async function save(settings) {
  const { talker, portrait } = await openPortrait(settings);
  await talker.animate(portrait, await motionOf(settings, settings.warm), CROPS).save(videoFile(settings));
  const result = await timedSave(
    talker.animate(portrait, await motionOf(settings, settings.count), CROPS),
    settings,
  );
  await talker.close();
  return result;
}

/** From speech to an MP4 file with sound: the whole work of a service for one request. */
export async function saveSpeech(settings) {
  const { talker, portrait } = await openPortrait(settings);
  const first = settings.quick ? await motionOf(settings, 1) : windowWav(settings);
  await talker.animate(portrait, first, CROPS).save(videoFile(settings));
  const speech = settings.quick ? windowWav(settings) : settings.speech;
  const result = await timedSave(talker.animate(portrait, speech, CROPS), settings);
  await talker.close();
  return result;
}

/** A lap is a frame given to the encoder; the time to finish the file counts only in the seconds. */
async function timedSave(clip, settings) {
  const watch = new Stopwatch();
  clip.on('progress', ({ stage }) => stage === 'encode' && watch.lap());
  await clip.save(videoFile(settings));
  return watch.result({ toNow: true });
}
