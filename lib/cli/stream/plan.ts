import type { PcmFormat, planVideo } from '../../media/index.js';
import { formatOf } from '../../media/video.js';
import type { StreamOptions } from '../../talker/stream/stream-options.js';
import { checkOutputs } from '../animate/files.js';
import { given, type Plan, planPortrait } from '../animate/plan.js';
import { missing, wrongValue } from '../option.js';
import { checkOneStandardInput, checkReadable, outputOf, STANDARD_INPUT } from '../standard-streams.js';
import type { StreamValues } from './options.js';

/** The work of a command line. */
export interface StreamCommand extends Pick<Plan, 'portrait'> {
  speech: string;
  /** Of speech that is no WAV. */
  raw: PcmFormat;
  options: StreamOptions;
  out: string;
  /** Whether the video's format holds sound. */
  sound: boolean;
  encoding: Omit<Parameters<typeof planVideo>[1], 'width' | 'height' | 'fps'>;
}

/** Finds contradictory and missing options before anything is loaded. @throws INVALID_ARGUMENT, OUTPUT_FORMAT and others */
export async function planStreamCommand(values: StreamValues, portrait: string): Promise<StreamCommand> {
  const { out, speech = STANDARD_INPUT } = values;
  if (out === undefined) throw missing('stream', '--out FILE');
  const video = await formatOf(outputOf(out), values.format);
  checkOneStandardInput({ portrait, speech });
  if (speech === STANDARD_INPUT && process.stdin.isTTY)
    throw wrongValue('a pipe or a file behind standard input', '--speech', 'a terminal');
  await checkReadable(speech, 'speech');
  const files = { ...values, portrait, speech };
  await checkOutputs(files);
  const { 'sample-rate': rate = 16_000, channels = 1, 'sample-format': format = 's16le' } = values;
  return {
    portrait: await planPortrait(portrait, values),
    speech,
    raw: { rate, channels: channels as 1 | 2, format },
    options: { ...planOptions(values), format: video.pixelFormat as 'rgb24' | 'yuv420p' },
    out,
    sound: video.sound,
    encoding: planEncoding(values),
  };
}

function planOptions(values: StreamValues): StreamOptions {
  const { hop, ahead, steps, replan, pace, idle, lead, window, seed, mode, still, blink, region, frame } =
    values;
  const [yaw = 0, pitch = 0, roll = 0] = values['pose-offset'] ?? [];
  return given({
    ...{ hop, ahead, steps, replan, pace, idle, lead, window, seed, mode, still, blink, region, frame },
    stitch: values['no-stitch'] ? false : values.stitch,
    silenceGate: planSilenceGate(values),
    poseScale: values['pose-scale'],
    poseOffset: { yaw, pitch, roll },
    expressionScale: values['expression-scale'],
  });
}

function planSilenceGate(values: StreamValues): StreamOptions['silenceGate'] {
  if (values['no-silence-gate']) return false;
  const rule = given({ threshold: values['silence-threshold'], after: values['silence-after'] });
  return Object.keys(rule).length > 0 ? rule : undefined;
}

function planEncoding({ crf, preset, format, ...values }: StreamValues): StreamCommand['encoding'] {
  return given({ crf, preset, format, overwrite: values['no-overwrite'] ? false : undefined });
}
