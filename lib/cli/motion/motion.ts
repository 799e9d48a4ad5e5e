import { KdtalkerError } from '../../errors.js';
import type { VideoMotionOptions } from '../../talker/video/video-options.js';
import { animate, loadTalker, step } from '../animate/animate.js';
import { checkOutputs } from '../animate/files.js';
import type { Context } from '../command.js';
import { TALKER_OPTIONS } from '../shared-options.js';
import { MOTION_OPTIONS, type MotionValues } from './options.js';

/** Options of motion from a video; all others make motion from speech. */
const OF_VIDEO = [
  ...['video', 'video-track', 'max-seconds', 'out', 'no-overwrite', 'crop', 'face', 'box'],
  ...Object.keys(TALKER_OPTIONS),
];

/** `kdtalker motion`. @throws every KdtalkerError of loading, of clips and of `talker.motionFromVideo()` */
export async function motion(values: MotionValues, context: Context): Promise<void> {
  const { video, out, ...rest } = values;
  const { speech } = values;
  if (out === undefined) throw wrong('--out FILE but received none');
  if ((video === undefined) === (speech === undefined)) {
    throw wrong(
      `one of --video FILE and --speech FILE but received ${video === undefined ? 'none' : 'both'}`,
    );
  }
  if (speech !== undefined) return animate({ ...rest, 'save-motion': out }, context);
  const [useless] = Object.keys(values).filter((name) => !OF_VIDEO.includes(name) && name in MOTION_OPTIONS);
  if (useless !== undefined) throw wrong(`no --${useless} with --video but received one`);
  await fromVideo(values, { video: video!, out }, context);
}

async function fromVideo(
  values: MotionValues,
  { video, out }: { video: string; out: string },
  context: Context,
): Promise<void> {
  const { reporter, signal } = context;
  await checkOutputs(values, ['video'], ['out']);
  const { crop, face, box } = values;
  const input = { videoTrack: values['video-track'], maxSeconds: values['max-seconds'] };
  const options = { crop, face, box: box as VideoMotionOptions['box'], ...input, signal };
  const talker = await step(context, 'load', () => loadTalker(values, context));
  try {
    const made = await talker.motionFromVideo(video, {
      ...options,
      onProgress: (progress) => reporter.progress(progress),
    });
    await made.save(out);
    const { frames } = made;
    const text = `the motion, ${frames} frames`;
    reporter.result((paint) => [`${paint('strong', out)}: ${text}`], { motion: out, motionFrames: frames });
  } finally {
    await talker.close();
  }
}

function wrong(what: string): KdtalkerError {
  return new KdtalkerError('INVALID_ARGUMENT', `Expected ${what}. See 'kdtalker motion --help'`);
}
