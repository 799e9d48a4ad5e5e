import { openVideo } from '../../../dist/media/index.js';
import { readMotion, videoFile } from '../../fixture-files.js';
import { measureCalls, Stopwatch } from '../../measure.js';
import { Renderer } from './renderer.js';

/** From motion to frames in one buffer. A network takes one frame at a time, so concurrent clips take turns. */
export async function render(settings) {
  const { format, atOnce = 1, warm } = settings;
  const renderer = await Renderer.open(settings);
  const motion = await readMotion(settings);
  const out = new Uint8Array(renderer.frameBytes(format));
  let index = 0;
  const result = await measureCalls(settings, () => {
    if (index === warm) renderer.forget();
    return renderer.frame(motion, Math.floor(index++ / atOnce) % settings.frames, format, out);
  });
  return { ...result, stages: renderer.times };
}

/** From motion to an MP4 file, through the library's encoder. */
export async function save(settings) {
  const renderer = await Renderer.open(settings);
  const motion = await readMotion(settings);
  await encode(renderer, motion, settings.warm, settings, new Stopwatch());
  const watch = new Stopwatch();
  await encode(renderer, motion, settings.count, settings, watch);
  return watch.result({ toNow: true });
}

/** Two buffers: a frame is rendered while the encoder takes the previous one. */
async function encode(renderer, motion, frames, settings, watch) {
  const { width, height, fps } = renderer;
  const video = await openVideo(videoFile(settings), { width, height, fps, frames });
  const buffers = [0, 1].map(() => new Uint8Array(renderer.frameBytes('yuv420p')));
  let written = Promise.resolve();
  for (let index = 0; index < frames; index++) {
    const out = buffers[index % 2];
    await renderer.frame(motion, index % settings.frames, 'yuv420p', out);
    await written;
    written = video.write(out);
    watch.lap();
  }
  await written;
  await video.finish();
}
