import { measureItems } from '../../measure.js';
import { motionOf, openPortrait } from './open.js';

/** Motion to frames, taken as fast as they come. */
async function render(settings, format) {
  const { talker, portrait } = await openPortrait(settings);
  const motion = await motionOf(settings, settings.warm + settings.count);
  const result = await measureItems(settings, talker.animate(portrait, motion).frames({ format }));
  await talker.close();
  return result;
}

export const renderYuv = (settings) => render(settings, 'yuv420p');
export const renderRgb = (settings) => render(settings, 'rgb24');
