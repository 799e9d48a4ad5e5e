import { z } from 'zod';
import { longCall, type SignalOptions } from '../abort.js';
import {
  type HostTensors,
  type NativePortraitOptions,
  type NativeTraceOptions,
  native,
  type TraceHandle,
} from '../binding.js';
import { invalidArgument, throwIfAborted } from '../errors.js';
import { writeWholeFile } from '../files/whole-file.js';
import { type PictureInput, ReusableSound, type Sound, type SoundInput } from '../media/index.js';
import { type TensorToStore, writeSafetensors } from '../packs/safetensors.js';
import { checkPath, integer, parseOptions, signalOptions } from '../validate.js';
import { type AnimateOptions, checkFrameCounts, checkRatios, planClip } from './clip/clip-options.js';
import { pushAll } from './clip/clip-run.js';
import { engineWork, type TalkerHost } from './host/host.js';
import { StageMeter, safely } from './host/progress.js';
import { MOTION_SIZE } from './motion/motion.js';
import { cutPortrait, nativeCrop } from './portrait/cut.js';
import { checkPortraitOptions, type PortraitOptions } from './portrait/portrait-options.js';

/** One tensor of a trace, row-major. */
export interface TraceTensor {
  dims: number[];
  data: Float32Array;
}

type Sampling = 'seed' | 'steps' | 'window' | 'sampler' | 'eta';
type Retargeting = 'stitch' | 'eyes' | 'lips';

/** Options of `talker.trace()`. Seed, sampling and retargeting are those of {@link AnimateOptions}. */
export interface TraceOptions
  extends Pick<AnimateOptions, Sampling | Retargeting | 'soundTrack' | 'signal' | 'onProgress'> {
  /** How the portrait is cropped from the picture. */
  portrait?: Omit<PortraitOptions, 'signal'> | undefined;
  /** [windows, window, 70]: the initial noise of each window; default: made from the seed. */
  noise?: TraceTensor | undefined;
  /** Indices of the frames to render, at most 64; default none. */
  frames?: readonly number[] | undefined;
}

const TRACING = 'The trace';

/** A frame of the published model has 8 MB of tensors, and the whole trace is in memory. */
const MAX_FRAMES = 64;

/** Checks what planClip() does not check. */
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
});

/**
 * The complete tensors of every stage of one clip by name, as float32. docs/trace.md lists them.
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
    const planned = planTrace(host, options);
    checkPortraitOptions(planned.portrait ?? {});
    const run = (signal: AbortSignal) => Trace.#run(host, picture, input, { ...planned, signal });
    return longCall(TRACING, [planned.signal, host.closed], run);
  }

  static async #run(host: TalkerHost, picture: PictureInput, input: SoundInput, planned: PlannedTrace) {
    const { plan, soundTrack, signal, portrait } = planned;
    const { crop, face } = await cutPortrait(host, picture, { ...portrait, signal });
    checkRatios(plan.run, face?.ratios);
    const source = { ...nativeCrop(crop, host.pack.manifest, face?.ratios), photo: undefined };
    const speaker = new ReusableSound(input, soundTrack);
    try {
      return new Trace(await traceSound(host, source, await speaker.open({ signal }), planned));
    } finally {
      await speaker.close();
    }
  }

  /**
   * Writes a .safetensors file; it gets its name only when it is complete.
   * @throws KdtalkerError OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL,
   * ABORTED
   */
  async save(file: string, options: SignalOptions = {}): Promise<void> {
    const { signal } = parseOptions(signalOptions, options, 'the options of trace.save()');
    checkPath(file, 'the trace');
    const bytes = () => writeSafetensors(this.tensors as Record<string, TensorToStore>);
    await longCall('Saving the trace', [signal], (own) => writeWholeFile(file, bytes(), own), 'kept');
  }
}

/** The validated options of a trace. */
type PlannedTrace = ReturnType<typeof planTrace>;

/** The engine's objects are freed when their work has ended; nobody waits for that. */
async function traceSound(
  host: TalkerHost,
  source: NativePortraitOptions,
  sound: Sound,
  { plan, signal, report }: PlannedTrace,
): Promise<Record<string, TraceTensor>> {
  const speech = native().openSpeech(host.handle, sound.sampleRate);
  let handle: TraceHandle | undefined;
  try {
    const frames = await pushAll(speech, sound, { fps: host.pack.manifest.fps, report });
    checkFrames(plan, frames);
    checkFrameCounts(plan.run, frames);
    await host.plans?.prepare(plan.run, signal);
    handle = native().openTrace(host.handle, source, speech, plan);
    return await collect(host, handle, frames, { plan, signal, report });
  } finally {
    if (handle) host.unheard.add(native().closeTrace(handle));
    host.unheard.add(native().closeSpeech(speech));
    await sound.close();
  }
}

function planTrace({ pack }: TalkerHost, options: TraceOptions) {
  const { portrait, noise, frames, ...sampling } = options;
  const { native: run, soundTrack, onProgress } = planClip(sampling, pack.manifest, false);
  const own = parseOptions(ownSchema, options, 'the options of trace()');
  if (own.noise) checkNoise(own.noise, run.window);
  const plan: NativeTraceOptions = {
    run,
    noise: own.noise?.data ?? new Float32Array(),
    frames: [...new Set(own.frames)],
  };
  return { plan, soundTrack, signal: options.signal, report: safely(onProgress), portrait };
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

/** Runs in pieces: the portrait, windows, frames. */
async function collect(
  host: TalkerHost,
  handle: TraceHandle,
  total: number,
  { plan: { run, frames }, signal, report }: Pick<PlannedTrace, 'plan' | 'signal' | 'report'>,
): Promise<Record<string, TraceTensor>> {
  const tensors: HostTensors = {};
  const meters = { sample: new StageMeter('sample', report), render: new StageMeter('render', report) };
  const windows = Math.ceil(total / run.window);
  const stop = () => native().stopTrace(handle);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for (let piece = 0; ; piece++) {
      throwIfAborted(signal, TRACING);
      const made = await engineWork(host, native().nextTrace(handle), { signal, what: TRACING });
      if (made === undefined) return tensors as Record<string, TraceTensor>;
      Object.assign(tensors, made);
      if (piece <= windows) meters.sample.advance(Math.min(piece * run.window, total), total);
      else meters.render.advance(piece - windows, frames.length);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
