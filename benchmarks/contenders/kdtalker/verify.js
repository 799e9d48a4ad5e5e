import { Motion } from '../../../dist/index.js';
import { SEED, windowWav } from '../../fixture-files.js';
import { motionOf, openPortrait } from './open.js';

/** The chosen frames in both layouts, and the motion of the window as sampled. */
export async function verify(settings) {
  const { talker, portrait } = await openPortrait(settings);
  const all = await motionOf(settings, settings.frames);
  const motion = Motion.from(settings.chosen.map((index) => all.frame(index)));
  const rgb24 = await take(talker.animate(portrait, motion, { smoothing: 0 }), 'rgb24');
  const yuv420p = await take(talker.animate(portrait, motion, { smoothing: 0 }), 'yuv420p');
  const window = await talker.animate(portrait, windowWav(settings), { seed: SEED }).rawMotion();
  await talker.close();
  return { rgb24, yuv420p, motion: window.values };
}

async function take(clip, format) {
  const frames = [];
  for await (const { data } of clip.frames({ format })) frames.push(data);
  return frames;
}
