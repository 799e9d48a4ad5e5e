import type { Clip } from '../../talker/clip/clip.js';
import type { SaveResult } from '../../talker/clip/save-options.js';
import type { Progress } from '../../talker/host/progress.js';
import { whyNoGpu } from '../../talker/load/gpus.js';
import type { TalkerOptions } from '../../talker/load/talker-options.js';
import { Motion } from '../../talker/motion/motion.js';
import { Portrait } from '../../talker/portrait/portrait.js';
import { type AnyTalker, Talker } from '../../talker/talker.js';
import { TalkerPool } from '../../talker/talker-pool.js';
import type { SourceVideo } from '../../talker/video/source-video.js';
import type { Context } from '../command.js';
import { bytes, duration, speed } from '../layout.js';
import type { Paint, Reporter, Stage } from '../report/reporter.js';
import { inputOf, outputOf } from '../standard-streams.js';
import type { AnimateValues } from './options.js';
import { type Plan, planAnimate } from './plan.js';

/** The result of `animate`. */
interface Made {
  video?: SaveResult;
  portrait?: string;
  motion?: string;
  motionFrames?: number;
}

/** `kdtalker animate`. @throws every KdtalkerError of loading, portraits and clips */
export async function animate(values: AnimateValues, context: Context): Promise<void> {
  const plan = await planAnimate(values);
  const talker = await step(context, 'load', () => loadTalker(values, context));
  try {
    const made = await makeAll(talker, plan, values, context);
    const { video, ...kept } = made;
    context.reporter.result((paint) => describe(made, paint), { ...video, ...kept });
  } finally {
    await talker.close();
  }
}

/** The options of commands that load a talker. */
type TalkerValues = Pick<
  AnimateValues,
  'pack' | 'device' | 'engine' | 'device-memory' | 'threads' | 'precision' | 'no-lowering'
>;

/** Loads a talker by `--pack`, `--device`, `--engine`, `--device-memory`, `--threads`, `--precision` and `--no-lowering`. */
export function loadTalker(values: TalkerValues, { reporter, signal }: Context): Promise<AnyTalker> {
  const { pack, device = 'auto', engine, 'device-memory': deviceMemory, threads, precision } = values;
  const options: TalkerOptions = {
    ...(engine !== undefined && { engine }),
    ...(deviceMemory !== undefined && { deviceMemory }),
    ...(threads !== undefined && { threads }),
    ...(precision && { precision }),
    lowering: !values['no-lowering'],
    onProgress: ({ stage, done, total }) => reporter.progress({ stage, done, total, fps: 0 }),
    signal,
  };
  const name = pack ?? 'puppet';
  if (!device.includes(',')) return Talker.load(name, { ...options, device });
  return TalkerPool.load(name, { ...options, device: device.split(',') });
}

/** Runs a step that reports only its beginning and its end. */
export async function step<T>({ reporter }: Context, stage: Stage, work: () => Promise<T>): Promise<T> {
  reporter.progress({ stage, done: 0, total: 1, fps: 0 });
  const made = await work();
  reporter.progress({ stage, done: 1, total: 1, fps: 0 });
  return made;
}

async function makeAll(
  talker: AnyTalker,
  plan: Plan,
  values: AnimateValues,
  context: Context,
): Promise<Made> {
  const portrait = await openSubject(talker, plan, context);
  const made: Made = {};
  if (portrait instanceof Portrait && values['save-portrait'] !== undefined) {
    await portrait.save(values['save-portrait']);
    made.portrait = values['save-portrait'];
  }
  if (plan.source === undefined) return made;
  const source = 'motion' in plan.source ? await Motion.load(plan.source.motion) : plan.source.speech;
  const { reporter, signal } = context;
  const clip = talker.animate(portrait, source, { ...plan.options, signal });
  clip.on('progress', (progress) => reporter.progress(progress));
  return { ...made, ...(await saveMotion(clip, values, context)), ...(await saveVideo(clip, plan, values)) };
}

/** Prepares what a plan names. @throws every KdtalkerError of portraits and source videos */
export async function openSubject(
  talker: AnyTalker,
  { portrait }: Pick<Plan, 'portrait'>,
  context: Context,
): Promise<Portrait | SourceVideo> {
  const { signal, reporter } = context;
  const { path, kind } = portrait;
  if (kind === 'file') return step(context, 'portrait', () => talker.loadPortrait(path));
  if (kind === 'picture') {
    const picture = () => talker.portrait(inputOf(path), { ...portrait.options, signal });
    return tellWarnings(path, await step(context, 'portrait', picture), reporter);
  }
  const onProgress = (progress: Progress) => reporter.progress(progress);
  return talker.sourceVideo(path, { ...portrait.options, signal, onProgress });
}

/** Says what was seen in a picture that will look worse than it could. */
function tellWarnings(path: string, portrait: Portrait, reporter: Reporter): Portrait {
  for (const { code, message } of portrait.warnings)
    reporter.notice([`kdtalker: ${code}: ${path}: ${message}`], 'warning', { code, message });
  return portrait;
}

async function saveMotion(clip: Clip, values: AnimateValues, { reporter }: Context): Promise<Partial<Made>> {
  const file = values['save-motion'];
  if (file === undefined) return {};
  const motion = await clip.motion();
  await motion.save(file);
  reporter.pass();
  return { motion: file, motionFrames: motion.frames };
}

async function saveVideo(clip: Clip, { save }: Plan, { out }: AnimateValues): Promise<Partial<Made>> {
  if (out === undefined) return {};
  return { video: { ...(await clip.save(outputOf(out), save)), file: out } };
}

function describe({ video, portrait, motion, motionFrames }: Made, paint: Paint): string[] {
  const named = (file: string, what: string) => `${paint('strong', file)}: ${what}`;
  return [
    ...(portrait === undefined ? [] : [named(portrait, 'the portrait')]),
    ...(motion === undefined ? [] : [named(motion, `the motion, ${motionFrames} frames`)]),
    ...(video === undefined ? [] : [named(video.file, describeVideo(video)), ...describeDevice(video)]),
  ];
}

/** Who has a GPU and the library for it expects one to be used. */
function describeDevice({ deviceNote }: SaveResult): string[] {
  return deviceNote !== undefined && whyNoGpu() === undefined ? [`Made on the processor: ${deviceNote}`] : [];
}

/** `177 frames, 7.08 s, 302 kB; made in 2.77 s (63.9 fps), first frame after 0.11 s`. */
export function describeVideo({ frames, seconds, bytes: size, ...times }: SaveResult): string {
  const what = `${frames} frames, ${duration(seconds)}, ${bytes(size)}`;
  const how = `made in ${duration(times.elapsedSeconds)} (${speed(times.fps)} fps)`;
  return `${what}; ${how}, first frame after ${duration(times.firstFrameSeconds)}`;
}
