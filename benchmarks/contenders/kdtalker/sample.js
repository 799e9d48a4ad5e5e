import { readFile } from 'node:fs/promises';
import { native } from '../../../dist/binding.js';
import { readPack } from '../../../dist/packs/pack.js';
import { readSafetensors } from '../../../dist/packs/safetensors.js';
import { planClip } from '../../../dist/talker/clip-options.js';
import { nativeTalkerOptions } from '../../../dist/talker/native-options.js';
import { portraitFile, readWindow, SEED, SPEECH_RATE, windowWav } from '../../fixture-files.js';
import { measureCalls } from '../../measure.js';
import { openPortrait } from './open.js';

/** Spectrogram to motion of one window: audio features, 50 denoiser steps, de-normalisation, smoothing. */
export async function sample(settings) {
  const engine = native();
  const { talker, portrait, options } = await openEngine(engine, settings);
  const speech = await openSpeech(engine, talker, settings);
  const result = await measureCalls(settings, async () => {
    const clip = engine.openClip(portrait, speech, options);
    await engine.readMotion(clip);
    await engine.closeClip(clip);
  });
  await engine.closeSpeech(speech);
  await engine.closePortrait(portrait);
  await engine.closeTalker(talker);
  return result;
}

/** The same through the public interface: a WAV file to motion. */
export async function motion(settings) {
  const { talker, portrait } = await openPortrait(settings);
  const result = await measureCalls(settings, () =>
    talker.animate(portrait, windowWav(settings), { seed: SEED }).motion(),
  );
  await talker.close();
  return result;
}

/** The engine without its facade, which always begins with the sound. */
async function openEngine(engine, settings) {
  const pack = await readPack(settings.pack);
  const talker = await engine.openTalker(
    nativeTalkerOptions(pack, { device: 'cpu', threads: settings.threads, lowered: undefined }),
  );
  const { tensors } = readSafetensors(await readFile(portraitFile(settings)), (why) => new Error(why));
  const portrait = await engine.restorePortrait(talker, tensors);
  return { talker, portrait, options: planClip({ seed: SEED }, pack.manifest).native };
}

async function openSpeech(engine, talker, settings) {
  const speech = engine.openSpeech(talker, SPEECH_RATE);
  await engine.pushSpeech(speech, await readWindow(settings));
  await engine.finishSpeech(speech);
  return speech;
}
