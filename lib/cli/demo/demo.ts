import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KdtalkerError } from '../../errors.js';
import type { SaveResult } from '../../talker/clip/save-options.js';
import type { Portrait } from '../../talker/portrait/portrait.js';
import type { AnyTalker } from '../../talker/talker.js';
import { describeVideo, loadTalker, step } from '../animate/animate.js';
import type { Context } from '../command.js';
import { duration, speed } from '../layout.js';
import type { Paint } from '../report/reporter.js';
import type { DemoValues } from './options.js';

/** The results of the demo. */
interface Measured {
  video: SaveResult;
  /** Of a frame. */
  size: { width: number; height: number; fps: number };
  /** Frames per second of rendering without sound, sampling and encoding. */
  renderFps: number;
  /** Seconds before the clip can begin. */
  loadSeconds: number;
  portraitSeconds: number;
  device: string;
  pack: string;
}

/** `kdtalker demo`. */
export async function demo(values: DemoValues, context: Context): Promise<void> {
  const files = { portrait: example('portrait.png'), speech: example('speech.wav') };
  const load = await timed(() => step(context, 'load', () => loadTalker(values, context)));
  const talker = load.made;
  try {
    const prepare = () => talker.portrait(files.portrait, { signal: context.signal });
    const portrait = await timed(() => step(context, 'portrait', prepare));
    const { name, version } = talker.pack;
    const measured: Measured = {
      ...(await measure(talker, portrait.made, files.speech, values, context)),
      loadSeconds: load.seconds,
      portraitSeconds: portrait.seconds,
      device: talker.device,
      pack: `${name} ${version}`,
    };
    const { video, ...rest } = measured;
    context.reporter.result((paint) => describe(measured, paint), {
      ...video,
      file: resolve(video.file),
      ...rest,
    });
  } finally {
    await talker.close();
  }
}

async function measure(
  talker: AnyTalker,
  portrait: Portrait,
  speech: string,
  values: DemoValues,
  context: Context,
) {
  const { reporter, signal } = context;
  const { out = 'kdtalker-demo.mp4', seed = 0n } = values;
  const clip = talker.animate(portrait, speech, { seed, signal });
  clip.on('progress', (progress) => reporter.progress(progress));
  const video = await clip.save(out, { overwrite: !values['no-overwrite'] });
  const motion = await clip.motion();
  reporter.pass();
  const replay = talker.animate(portrait, motion, { signal });
  replay.on('progress', (progress) => reporter.progress(progress));
  const begun = performance.now();
  for await (const _frame of replay.frames({ format: 'yuv420p' }));
  const { width, height } = clip;
  return {
    video,
    size: { width, height, fps: talker.pack.fps },
    renderFps: video.frames / ((performance.now() - begun) / 1000),
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ made: T; seconds: number }> {
  const begun = performance.now();
  const made = await work();
  return { made, seconds: (performance.now() - begun) / 1000 };
}

/** The examples lie beside dist/ in the package. */
function example(name: string): string {
  const file = fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
  if (existsSync(file)) return file;
  throw new KdtalkerError(
    'FILE_NOT_FOUND',
    `Expected the example '${file}' but it is not there. Use 'kdtalker animate' with files of your own`,
  );
}

function describe({ video, size, ...measured }: Measured, paint: Paint): string[] {
  const fps = (value: number) => paint('strong', `${speed(value).padStart(6)} fps`);
  const seconds = (value: number) => paint('strong', `${value.toFixed(2).padStart(6)} s`);
  const before = `loading ${duration(measured.loadSeconds)}, portrait ${duration(measured.portraitSeconds)}`;
  return [
    `${paint('strong', resolve(video.file))}`,
    `  ${describeVideo(video)}`,
    `  ${size.width}x${size.height} at ${size.fps} fps, pack ${measured.pack} on ${measured.device}; before that ${before}`,
    '',
    `  end to end       ${fps(video.fps)}   speech in, encoded file out`,
    `  rendering alone  ${fps(measured.renderFps)}   the same motion again: nothing sampled or encoded`,
    `  first frame      ${seconds(video.firstFrameSeconds)}     from the call on the loaded talker`,
  ];
}
