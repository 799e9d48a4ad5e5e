import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

// The common inputs of all contenders, made once a run by this library: a prepared portrait and motion, so that they render the same
// frames, and speech of exactly one window, so that they sample the same motion.

/** The sample rate of the networks' input, in hertz. */
export const SPEECH_RATE = 16000;
/** Samples of a video frame, and frames of a window, as in the puppet pack and the published model. */
export const SAMPLES_PER_FRAME = 640;
export const WINDOW = 64;
/** The seed of the sampled window, for every contender. */
export const SEED = 7;

const at = (folder, name) => path.join(folder, name);

/** Prepared portrait: safetensors with feature, canonical [1, 21, 3] and motion [70]. */
export const portraitFile = ({ folder }) => at(folder, 'portrait.safetensors');
/** The first window of the speech as WAV. */
export const windowWav = ({ folder }) => at(folder, 'window.wav');
/** An output that workloads overwrite. */
export const videoFile = ({ folder }) => at(folder, 'video.mp4');

/** Motion of the speech, [frames, 70] raw values. */
export const readMotion = ({ folder }) => readFloatFile(at(folder, 'motion.f32'));
export const writeMotion = ({ folder }, values) => writeFloatFile(at(folder, 'motion.f32'), values);
/** All samples of the speech, 16 kHz. */
export const readSpeech = ({ folder }) => readFloatFile(at(folder, 'speech.f32'));
export const writeSpeech = ({ folder }, samples) => writeFloatFile(at(folder, 'speech.f32'), samples);

/** The speech's first window; a shorter speech is repeated. */
export async function readWindow(settings) {
  const speech = await readSpeech(settings);
  return Float32Array.from({ length: SAMPLES_PER_FRAME * WINDOW }, (_, i) => speech[i % speech.length]);
}

/** A file of float32. */
export async function readFloatFile(file) {
  const bytes = await readFile(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

export async function writeFloatFile(file, values) {
  await writeFile(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}
