import { readMotion } from '../../fixture-files.js';
import { Renderer } from './renderer.js';
import { sampleOnce } from './sample.js';

/** The chosen frames in the requested layouts, and the motion of the window as sampled. */
export async function verify(settings) {
  const renderer = await Renderer.open(settings);
  const motion = await readMotion(settings);
  const take = async (format) => {
    const frames = settings.chosen.map(() => new Uint8Array(renderer.frameBytes(format)));
    for (const [i, index] of settings.chosen.entries())
      await renderer.frame(motion, index, format, frames[i]);
    return format === 'rgbf32' ? frames.map((bytes) => new Float32Array(bytes.buffer)) : frames;
  };
  const result = {};
  for (const format of settings.formats) result[format] = await take(format);
  return { ...result, motion: await sampleOnce(settings) };
}
