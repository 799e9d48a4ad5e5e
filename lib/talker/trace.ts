import { z } from 'zod';
import {
  type HostTensors,
  type NativeTraceOptions,
  native,
  type SpeechHandle,
  type TraceHandle,
} from '../binding.js';
import { aborted, invalidArgument } from '../errors.js';
import { writeWholeFile } from '../files/whole-file.js';
import { type PictureInput, ReusableSound, type SoundInput } from '../media/index.js';
import { type TensorToStore, writeSafetensors } from '../packs/safetensors.js';
import { abortSignal, callback, checkPath, integer, parseOptions } from '../validate.js';
import { type AnimateOptions, checkFrameCounts, checkRatios, planClip } from './clip-options.js';
import { pushAll } from './clip-run.js';
import { cutPortrait, nativeCrop } from './cut.js';
import type { TalkerHost } from './host.js';
import { MOTION_SIZE } from './motion.js';
import { checkPortraitOptions, type PortraitOptions } from './portrait-options.js';
import { type Progress, StageMeter, safely } from './progress.js';

/** One tensor of a trace, row-major. */
export interface TraceTensor {
  dims: number[];
  data: Float32Array;
}

type Sampling = 'seed' | 'steps' | 'window' | 'sampler' | 'eta';
type Retargeting = 'stitch' | 'eyes' | 'lips';

/** What `talker.trace()` does. Seed, sampling and retargeting are those of {@link AnimateOptions}. */
export interface TraceOptions extends Pick<AnimateOptions, Sampling | Retargeting | 'signal' | 'onProgress'> {
  /** How the portrait is cut out of the picture. */
  portrait?: Omit<PortraitOptions, 'signal'> | undefined;
  /** [windows, window, 70]: the noise that each window begins from; default: the seed's. */
  noise?: TraceTensor | undefined;
  /** Frames to render, 64 at most; default none. */
  frames?: readonly number[] | undefined;
}

/** A frame of the published model has 8 MB of tensors, and all of a trace is in memory. */
const MAX_FRAMES = 64;

const ownSchema = z.object({
  portrait: z.looseObject({}, { error: 'an object' }).optional(),
  noise: z
    .object(
      {
        dims: z.array(z.int(), { error: 'a list of sizes' }),
        data: z.instanceof(Float32Array, { error: 'a Float32Array' }),
      },
      { error: 'a tensor' },
    )
    .optional(),
  frames: z
    .array(integer(0, 1e9), { error: 'a list of frames' })
    .max(MAX_FRAMES, `at most ${MAX_FRAMES} frames`)
    .default([]),
  signal: abortSignal.optional(),
  onProgress: callback<Progress>().optional(),
});

/**
 * Every stage's tensors of one clip by their names, float32 and whole. docs/trace.md lists them.
 *
 * @example
 * const trace = await talker.trace('face.png', 'speech.wav', { frames: [0, 70] })
 * trace.tensors.x_d // { dims: [frames, 21, 3], data: Float32Array }
 * await trace.save('trace.safetensors')
 */
export class Trace {
  readonly tensors: Readonly<Record<string, TraceTensor>>;

  private constructor(tensors: Record<string, TraceTensor>) {
    this.tensors = tensors;
  }

  /** @internal use `talker.trace()` */
  static async run(
    host: TalkerHost,
    picture: PictureInput,
    input: SoundInput,
    options: TraceOptions,
  ): Promise<Trace> {
    const { plan, signal, report, portrait } = planTrace(host, options);
    checkPortraitOptions({ ...portrait, signal });
    const { crop, face } = await cutPortrait(host, picture, { ...portrait, signal });
    checkRatios(plan.run, face?.ratios);
    const source = { ...nativeCrop(crop, host.pack.manifest, face?.ratios), photo: undefined };
    const speaker = new ReusableSound(input);
    const sound = await speaker.open({ signal });
    let speech: SpeechHandle | undefined;
    let handle: TraceHandle | undefined;
    try {
      speech = native().openSpeech(host.handle, sound.sampleRate);
      const frames = await pushAll(speech, sound, { fps: host.pack.manifest.fps, report });
      checkFrames(plan, frames);
      checkFrameCounts(plan.run, frames);
      handle = native().openTrace(host.handle, source, speech, plan);
      return new Trace(await collect(handle, frames, plan, signal, report));
    } finally {
      if (handle) await native().closeTrace(handle);
      if (speech) await native().closeSpeech(speech);
      await sound.close();
      await speaker.close();
    }
  }

  /** Writes a .safetensors file, under its name only once it is whole. @throws KdtalkerError OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL */
  async save(file: string): Promise<void> {
    checkPath(file, 'the trace');
    await writeWholeFile(file, writeSafetensors(this.tensors as Record<string, TensorToStore>));
  }
}

function planTrace({ pack }: TalkerHost, options: TraceOptions) {
  const { portrait, noise, frames, ...sampling } = options;
  const { native: run, onProgress } = planClip(sampling, pack.manifest, false);
  const own = parseOptions(ownSchema, options, 'the options of trace()');
  if (own.noise) checkNoise(own.noise, run.window);
  const plan: NativeTraceOptions = {
    run,
    noise: own.noise?.data ?? new Float32Array(),
    frames: [...new Set(own.frames)],
  };
  return { plan, signal: options.signal, report: safely(onProgress), portrait };
}

function checkNoise({ dims, data }: TraceTensor, window: number): void {
  const [windows = 0, ...rest] = dims;
  const fits = rest.length === 2 && rest[0] === window && rest[1] === MOTION_SIZE;
  if (!fits || windows < 1 || data.length !== windows * window * MOTION_SIZE)
    throw invalidArgument(`[windows, ${window}, ${MOTION_SIZE}]`, 'the shape of noise', dims.join(', '));
  if (!data.every(Number.isFinite)) throw invalidArgument('finite numbers', 'noise', Number.NaN);
}

function checkFrames({ run: { window }, noise, frames }: NativeTraceOptions, count: number): void {
  const wrong = frames.find((frame) => frame >= count);
  if (wrong !== undefined)
    throw invalidArgument(`0 to ${count - 1}, what this speech gives,`, 'frames', wrong);
  const windows = noise.length / (window * MOTION_SIZE);
  const needed = Math.ceil(count / window);
  if (windows > 0 && windows < needed)
    throw invalidArgument(`${needed} windows or more for this speech`, 'noise', windows);
}

/** Works piece by piece: the portrait, windows, frames. */
async function collect(
  handle: TraceHandle,
  total: number,
  { run, frames }: NativeTraceOptions,
  signal: AbortSignal | undefined,
  report: (progress: Progress) => void,
): Promise<Record<string, TraceTensor>> {
  const tensors: HostTensors = {};
  const meters = { sample: new StageMeter('sample', report), render: new StageMeter('render', report) };
  const windows = Math.ceil(total / run.window);
  const stop = () => native().stopTrace(handle);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for (let piece = 0; ; piece++) {
      if (signal?.aborted) throw aborted(signal, 'The trace');
      const made = await native().nextTrace(handle);
      if (made === undefined) return tensors as Record<string, TraceTensor>;
      Object.assign(tensors, made);
      if (piece <= windows) meters.sample.advance(Math.min(piece * run.window, total), total);
      else meters.render.advance(piece - windows, frames.length);
    }
  } catch (error) {
    throw signal?.aborted ? aborted(signal, 'The trace') : error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
