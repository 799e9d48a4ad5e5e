import { readWindow, SEED } from '../../fixture-files.js';
import { measureCalls } from '../../measure.js';
import { melWindows } from './mel.js';
import { Sampler } from './sampler.js';

/** From a spectrogram to the motion of one window: audio features, 50 denoiser steps, de-normalisation. */
export async function sample(settings) {
  const sampler = await openSampler(settings);
  const out = motionOf(sampler);
  let done = 0;
  const result = await measureCalls(settings, () => {
    if (done++ === settings.warm) sampler.forget();
    return sampler.window(SEED, out);
  });
  return { ...result, stages: sampler.times };
}

/** Motion of the run's window. */
export async function sampleOnce(settings) {
  const sampler = await openSampler(settings);
  const out = motionOf(sampler);
  await sampler.window(SEED, out);
  return out;
}

async function openSampler(settings) {
  const sampler = await Sampler.open(settings);
  melWindows(await readWindow(settings), sampler.mel);
  return sampler;
}

function motionOf({ mel }) {
  return new Float32Array((mel.length / (80 * 16)) * 70);
}
