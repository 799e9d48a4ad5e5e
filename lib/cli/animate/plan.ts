import { KdtalkerError } from '../../errors.js';
import type { SoundInput } from '../../media/sound-input.js';
import { formatOf } from '../../media/video.js';
import type { AnimateOptions } from '../../talker/clip/clip-options.js';
import type { SaveOptions } from '../../talker/clip/save-options.js';
import type { PortraitOptions } from '../../talker/portrait/portrait-options.js';
import type { SourceVideoOptions } from '../../talker/video/video-options.js';
import { missing } from '../option.js';
import {
  checkOneStandardInput,
  checkReadable,
  inputOf,
  outputOf,
  STANDARD_INPUT,
} from '../standard-streams.js';
import { readEdit } from './edit.js';
import { checkOutputs, isPortraitFile } from './files.js';
import type { AnimateValues } from './options.js';

/** The work of a command line, as the library's options. */
export interface Plan {
  portrait:
    | { path: string; kind: 'picture'; options: PortraitOptions }
    | { path: string; kind: 'file' }
    | { path: string; kind: 'video'; options: SourceVideoOptions };
  /** Undefined if only the portrait is saved. */
  source: { speech: SoundInput } | { motion: string } | undefined;
  options: AnimateOptions;
  save: SaveOptions;
}

/** Finds contradictory and missing options before anything is loaded. @throws INVALID_ARGUMENT, OUTPUT_FORMAT and others */
export async function planAnimate(values: AnimateValues): Promise<Plan> {
  const { out, portrait, 'source-video': video } = values;
  if (portrait === undefined && video === undefined)
    throw missing('animate', '--portrait FILE or --source-video FILE');
  if (out === undefined && !values['save-motion'] && !values['save-portrait'])
    throw missing('animate', '--out FILE');
  if (out !== undefined) await formatOf(outputOf(out), values.format);
  else if (values.format !== undefined) throw useless('format', 'without --out');
  checkOneStandardInput(values);
  await checkOutputs(values);
  return {
    portrait: await planSubject(values),
    source: await planSource(values),
    options: await planOptions(values),
    save: planSave(values),
  };
}

/** Leaves out options that were not given: the library applies its own defaults. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

/** Options without a meaning for a portrait. */
const OF_VIDEO = ['repeat', 'video-track', 'max-seconds'] as const;

type PortraitValues = Pick<AnimateValues, 'crop' | 'face' | 'box' | 'background' | 'max-size'>;

/** A portrait or a source video. */
async function planSubject(values: AnimateValues): Promise<Plan['portrait']> {
  const { portrait, 'source-video': video, crop, face, box, repeat, background } = values;
  const maxSize = values['max-size'];
  if (video === undefined) {
    const [first] = OF_VIDEO.filter((name) => values[name] !== undefined);
    if (first !== undefined) throw useless(first, 'without --source-video');
    return planPortrait(portrait!, values); // exactly one of both is given
  }
  if (portrait !== undefined) throw useless('portrait', 'beside --source-video');
  if (background !== undefined) throw useless('background', 'with --source-video');
  if (values['save-portrait'] !== undefined) throw useless('save-portrait', 'with --source-video');
  const input = { videoTrack: values['video-track'], maxSeconds: values['max-seconds'] };
  const options = given({ crop, face, box: box as SourceVideoOptions['box'], repeat, maxSize, ...input });
  return { path: video, kind: 'video', options };
}

/** A picture or a saved portrait, which its content tells. @throws INVALID_ARGUMENT */
export async function planPortrait(path: string, values: PortraitValues): Promise<Plan['portrait']> {
  const { crop, face, box, background, 'max-size': maxSize } = values;
  const options = given({ crop, face, box: box as PortraitOptions['box'], background, maxSize });
  if (path === STANDARD_INPUT || !(await isPortraitFile(path))) return { path, kind: 'picture', options };
  const [first] = Object.keys(options);
  if (first === undefined) return { path, kind: 'file' };
  throw useless(
    first === 'maxSize' ? 'max-size' : first,
    'with a saved portrait, which has been cut out already,',
  );
}

async function planSource({ speech, motion, out, ...rest }: AnimateValues): Promise<Plan['source']> {
  if (speech === undefined && rest['sound-track'] !== undefined)
    throw useless('sound-track', 'without --speech');
  if (speech !== undefined) await checkReadable(speech, 'speech');
  if (motion !== undefined) return { motion };
  if (speech !== undefined) return { speech: inputOf(speech) };
  if (out === undefined && rest['save-motion'] === undefined) return undefined;
  throw missing('animate', '--speech FILE or --motion FILE');
}

/** The options of `talker.animate()`. @throws INVALID_ARGUMENT */
export async function planOptions(values: AnimateValues): Promise<AnimateOptions> {
  const { seed, steps, window, sampler, eta, mode, still, blink, region, eyes, lips, frame } = values;
  const [yaw = 0, pitch = 0, roll = 0] = values['pose-offset'] ?? [];
  return given({
    ...{ seed, steps, window, sampler, eta, mode, still, blink, region, eyes, lips, frame },
    stitch: values['no-stitch'] ? false : values.stitch,
    edit: values.edit === undefined ? undefined : await readEdit(values.edit),
    silenceGate: planSilenceGate(values),
    soundTrack: values.motion === undefined ? values['sound-track'] : undefined,
    poseScale: values['pose-scale'],
    poseOffset: { yaw, pitch, roll },
    expressionScale: values['expression-scale'],
    smoothing: values.smoothing,
  });
}

function planSilenceGate(values: AnimateValues): AnimateOptions['silenceGate'] {
  const rule = given({ threshold: values['silence-threshold'], after: values['silence-after'] });
  return Object.keys(rule).length > 0 ? rule : values['silence-gate'];
}

function planSave(values: AnimateValues): SaveOptions {
  const { crf, preset, format, motion, speech } = values;
  const sound = motion === undefined || speech === undefined ? undefined : inputOf(speech);
  const soundTrack = sound === undefined ? undefined : values['sound-track'];
  return given({
    crf,
    preset,
    format,
    sound,
    soundTrack,
    overwrite: values['no-overwrite'] ? false : undefined,
  });
}

function useless(option: string, where: string): KdtalkerError {
  return new KdtalkerError('INVALID_ARGUMENT', `Expected no --${option} ${where} but received one`);
}
