import { orAborted } from '../../abort.js';
import {
  type NativeRunOptions,
  native,
  type PixelFormat,
  type PortraitHandle,
  type RunHandle,
  type SpeechHandle,
  type TalkerHandle,
} from '../../binding.js';
import { aborted, throwIfAborted } from '../../errors.js';
import { type ReusableSound, type Sound, type SoundTrack, speechTooShort } from '../../media/index.js';
import { openFileRun } from '../host/admission.js';
import { Closing } from '../host/closing.js';
import type { LengthPlans } from '../host/length-plans.js';
import { type Progress, StageMeter } from '../host/progress.js';
import { Motion } from '../motion/motion.js';
import { checkFrameCounts } from './clip-options.js';

const CLIP = 'The clip';

/** Speech that motion is made from, or motion to replay. */
export type ClipSource = { speech: ReusableSound } | { motion: Motion };

/** The source of a run's portraits. */
export interface FramePortraits {
  /** The clip's own portrait, for which motion is made; `release` it once the engine's clip holds a reference. */
  first(): Promise<PortraitHandle>;
  /** The portrait of frame `index`, if that is not the clip's own. */
  ofFrame: ((index: number) => Promise<PortraitHandle>) | undefined;
  release(portrait: PortraitHandle): Promise<void>;
}

/** What a run needs from its clip. */
export interface RunContext {
  talker: TalkerHandle;
  plans: LengthPlans | undefined;
  portraits: FramePortraits;
  source: ClipSource;
  options: NativeRunOptions;
  /** Frames a second. */
  fps: number;
  signal: AbortSignal;
  report: (progress: Progress) => void;
  /** Called when the engine has the run, or when it came to nothing. */
  counted: () => void;
}

/**
 * One pass over a clip: the engine's clip with the sound it was made from. Opened for each iteration, motion or file and
 * closed at its end, so that a clip holds no memory in between.
 */
export class ClipRun {
  /** Number of frames of the run. */
  readonly frames: number;
  readonly #context: RunContext;
  readonly #handle: RunHandle;
  readonly #sound: Sound | undefined;
  readonly #sampling: StageMeter;
  readonly #stop: () => void;
  readonly #closing = new Closing('pass over a clip');

  private constructor(context: RunContext, handle: RunHandle, sound: Sound | undefined) {
    this.#context = context;
    this.#handle = handle;
    this.#sound = sound;
    this.#sampling = new StageMeter('sample', context.report);
    this.frames = native().runProgress(handle).frames;
    // A weak reference, so that a clip dropped in the middle of an iteration is collected although its signal lives on.
    const weak = new WeakRef(this);
    this.#stop = () => {
      const run = weak.deref();
      if (run) run.#stopNative();
    };
    context.signal.addEventListener('abort', this.#stop, { once: true });
  }

  /** Turns the sound into features (or uploads the motion). @throws what `openSound` does, SPEECH_TOO_SHORT, ABORTED */
  static async open(context: RunContext): Promise<ClipRun> {
    try {
      return await ClipRun.#open(context);
    } finally {
      context.counted();
    }
  }

  static async #open(context: RunContext): Promise<ClipRun> {
    const { source, signal } = context;
    throwIfStopped(signal);
    if ('motion' in source) return ClipRun.#begin(context, source.motion.values, undefined);
    const sound = await source.speech.open({ signal });
    try {
      return await ClipRun.#openSpeech(context, sound);
    } catch (error) {
      await sound.close();
      throw error;
    }
  }

  /** A signal may have fired before the listener was added. */
  static async #begin(
    context: RunContext,
    source: SpeechHandle | Float32Array,
    sound: Sound | undefined,
  ): Promise<ClipRun> {
    const run = new ClipRun(context, await openRun(context, source), sound);
    if (!context.signal.aborted) return run;
    await run.close();
    throw aborted(context.signal, CLIP);
  }

  static async #openSpeech(context: RunContext, sound: Sound): Promise<ClipRun> {
    const speech = native().openSpeech(context.talker, sound.sampleRate);
    try {
      checkFrameCounts(context.options, await pushAll(speech, sound, context));
      throwIfStopped(context.signal);
      await context.plans?.prepare(context.options, context.signal);
      return await ClipRun.#begin(context, speech, sound);
    } finally {
      await native().closeSpeech(speech); // the engine's clip holds its own reference
    }
  }

  /** Writes the next frame to `out`; its index, or -1 after the last. */
  async read(out: Uint8Array, format: PixelFormat): Promise<number> {
    const index = await this.#orAborted(this.#readNext(out, format));
    if (!this.#closing.begun) this.#reportSampled();
    return index;
  }

  async #readNext(out: Uint8Array, format: PixelFormat): Promise<number> {
    const { ofFrame } = this.#context.portraits;
    if (ofFrame === undefined) return native().readFrame(this.#handle, out, format, undefined);
    const asked = this.#asking.then(() => this.#ask(ofFrame, out, format));
    this.#asking = asked;
    asked.catch(() => {}); // the reads that wait for it report the error
    return (await asked).index;
  }

  /**
   * Passes the next frame's portrait to the engine with the request for that frame. Portraits become ready in order, and never more than
   * were requested. If one cannot be prepared, this request and all later ones fail, since their frames would be wrong.
   */
  async #ask(
    ofFrame: (index: number) => Promise<PortraitHandle>,
    out: Uint8Array,
    format: PixelFormat,
  ): Promise<{ index: Promise<number> }> {
    if (this.#asked >= this.frames)
      return { index: native().readFrame(this.#handle, out, format, undefined) };
    throwIfStopped(this.#context.signal);
    const portrait = await ready(this.#context, ofFrame(this.#asked++));
    try {
      const index = native().readFrame(this.#handle, out, format, portrait);
      index.catch(() => {}); // the read that waits for it reports the error
      return { index };
    } finally {
      await this.#context.portraits.release(portrait); // the request holds its own reference
    }
  }

  /** Settles when the last request has been passed to the engine. */
  #asking: Promise<unknown> = Promise.resolve();
  #asked = 0;

  #reportSampled(): void {
    const { sampled, exactFrom, graphsRefused } = native().runProgress(this.#handle);
    if (exactFrom >= 0) this.#exactFrom = exactFrom;
    this.#graphsRefused = graphsRefused;
    if (sampled !== this.#sampled) this.#sampling.advance(sampled, this.frames);
    this.#sampled = sampled;
  }

  #sampled = 0;

  /** The first frame that half precision could not hold, as far as frames were read. */
  get exactFrom(): number | undefined {
    return this.#exactFrom;
  }

  #exactFrom: number | undefined;

  /** Why a network runs without CUDA graphs that were asked for, as far as frames were read; '' if none does. */
  get graphsRefused(): string {
    return this.#graphsRefused;
  }

  #graphsRefused = '';

  /** All motion, smoothed and edited; with `raw` as sampled. */
  async motion(raw = false): Promise<Motion> {
    const timer = setInterval(() => this.#reportSampled(), 100);
    try {
      const read = await this.#orAborted(native().readMotion(this.#handle));
      this.#reportSampled();
      return new Motion(raw ? read.raw : read.motion, this.#context.fps);
    } finally {
      clearInterval(timer);
    }
  }

  /** The sound from which the motion was made, for the encoder; undefined for a replayed motion. */
  get track(): SoundTrack | undefined {
    return this.#sound?.track;
  }

  /** Stops the engine's threads and waits for them. */
  close(): Promise<void> {
    return this.#closing.close(() => this.#close());
  }

  async #close(): Promise<void> {
    this.#context.signal.removeEventListener('abort', this.#stop);
    await native().closeRun(this.#handle);
    await this.#asking.catch(() => {}); // a portrait in preparation is discarded
    await this.#sound?.close();
  }

  #stopNative(): void {
    if (!this.#closing.begun) native().stopRun(this.#handle);
  }

  async #orAborted<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throwIfStopped(this.#context.signal);
      throw error;
    }
  }
}

/** The engine's clip keeps a reference to its portrait. */
async function openRun(
  { talker, portraits, options, signal }: RunContext,
  source: SpeechHandle | Float32Array,
): Promise<RunHandle> {
  const portrait = await ready({ portraits, signal }, portraits.first());
  try {
    throwIfStopped(signal);
    return openFileRun(talker, () => native().openRun(portrait, source, options));
  } finally {
    await portraits.release(portrait);
  }
}

/** A portrait in preparation when the clip stops is closed when it is ready. */
function ready(
  { portraits, signal }: Pick<RunContext, 'portraits' | 'signal'>,
  coming: Promise<PortraitHandle>,
) {
  return orAborted(coming, { signal, what: CLIP }, (late) => portraits.release(late));
}

function throwIfStopped(signal: AbortSignal): void {
  throwIfAborted(signal, CLIP);
}

/** Turns a whole sound into the engine's speech; returns its number of video frames. @throws SPEECH_TOO_SHORT */
export async function pushAll(
  speech: SpeechHandle,
  sound: Sound,
  { fps, report }: Pick<RunContext, 'fps' | 'report'>,
): Promise<number> {
  const meter = new StageMeter('audio', report);
  const total = sound.samples === undefined ? undefined : sound.samples / sound.sampleRate;
  let samples = 0;
  for await (const chunk of sound.chunks()) {
    await native().pushSpeech(speech, chunk);
    samples += chunk.length;
    meter.advance(samples / sound.sampleRate, total);
  }
  if (samples / sound.sampleRate < 1 / fps) throw speechTooShort(samples, sound.sampleRate, fps);
  return native().finishSpeech(speech);
}
