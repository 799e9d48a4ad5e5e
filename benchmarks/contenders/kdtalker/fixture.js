import { native } from '../../../dist/binding.js';
import { openSound } from '../../../dist/media/index.js';
import {
  portraitFile,
  readWindow,
  SPEECH_RATE,
  windowWav,
  writeMotion,
  writeSpeech,
} from '../../fixture-files.js';
import { writeWav } from '../../wav.js';
import { CROPS, loadTalker } from './open.js';

/** Makes the files of the run in `settings.folder`. Returns the data about them and the runtime that the parent needs. */
export async function fixture(settings) {
  const talker = await loadTalker(settings);
  const portrait = await talker.portrait(settings.portrait);
  await portrait.save(portraitFile(settings));
  const { values, frames } = await talker.animate(portrait, settings.speech, CROPS).motion();
  await writeMotion(settings, values);
  await talker.close();
  await writeSpeech(settings, await decode(settings.speech));
  await writeWav(windowWav(settings), await readWindow(settings));
  const { output, sampler, name, version } = talker.pack;
  return {
    frames,
    runtime: native().runtime.version,
    size: output,
    steps: sampler.steps,
    packName: `${name} ${version}`,
  };
}

/** All samples of a sound file. It must be at 16 kHz: the comparison does not include resampling. */
async function decode(file) {
  const sound = await openSound(file);
  try {
    if (sound.sampleRate !== SPEECH_RATE) {
      throw new Error(
        `Expected ${SPEECH_RATE} Hz for the speech but received ${sound.sampleRate} Hz in '${file}'`,
      );
    }
    const samples = [];
    for await (const chunk of sound.chunks()) for (const value of chunk) samples.push(value);
    return Float32Array.from(samples);
  } finally {
    await sound.close();
  }
}
