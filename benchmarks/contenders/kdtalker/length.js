import path from 'node:path';
import { readSpeech, SPEECH_RATE } from '../../fixture-files.js';
import { Stopwatch } from '../../measure.js';
import { writeWav } from '../../wav.js';
import { CROPS, openPortrait, stagesSince } from './open.js';

/** Renders all frames of `settings.seconds` of speech. */
export async function length(settings) {
  const speech = path.join(settings.folder, `${settings.seconds}s.wav`);
  await writeWav(speech, await readSpeech(settings), settings.seconds * SPEECH_RATE);
  const { talker, portrait } = await openPortrait(settings);
  const before = talker.stages();
  const watch = new Stopwatch();
  for await (const _frame of talker.animate(portrait, speech, CROPS).frames({ format: 'yuv420p' }))
    watch.lap();
  const result = { ...watch.result(), stages: stagesSince(talker, before) };
  await talker.close();
  return result;
}
