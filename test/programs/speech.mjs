// The common inputs of the programs in this folder.
import { readFileSync } from 'node:fs';

export const portraitFile = process.env.KDTALKER_TEST_PORTRAIT;
export const speechFile = process.env.KDTALKER_TEST_SPEECH;

/** The first frames of the speech, 640 samples each, as PCM: reading it needs no file. */
export function speech(frames = 60) {
  const bytes = readFileSync(speechFile).subarray(44, 44 + frames * 1280);
  return {
    samples: new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
    sampleRate: 16000,
  };
}
