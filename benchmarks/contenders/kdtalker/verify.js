import { Motion } from '../../../dist/index.js';
import { SEED, windowWav } from '../../fixture-files.js';
import { CROPS, motionOf, openPortrait } from './open.js';

/** The chosen frames in the requested layouts, and the motion of the window as sampled. */
export async function verify(settings) {
  const { talker, portrait } = await openPortrait(settings);
  const all = await motionOf(settings, settings.frames);
  const motion = Motion.from(settings.chosen.map((index) => all.frame(index)));
  const result = {};
  for (const format of settings.formats)
    result[format] = await take(talker.animate(portrait, motion, { ...CROPS, smoothing: 0 }), format);
  const window = await talker.animate(portrait, windowWav(settings), { seed: SEED }).rawMotion();
  await talker.close();
  return { ...result, motion: window.values };
}

async function take(clip, format) {
  const frames = [];
  for await (const { data } of clip.frames({ format }))
    frames.push(format === 'rgbf32' ? new Float32Array(data.buffer, data.byteOffset, data.length / 4) : data);
  return frames;
}
