import { orAborted } from '../abort.js';
import {
  type NativeRunOptions,
  native,
  type PixelFormat,
  type PortraitHandle,
  type RunHandle,
  type SpeechHandle,
  type TalkerHandle,
} from '../binding.js';
import { aborted, throwIfAborted } from '../errors.js';
import { type ReusableSound, type Sound, type SoundTrack, speechTooShort } from '../media/index.js';
import { checkFrameCounts } from './clip-options.js';
import { Motion } from './motion.js';
import { type Progress, StageMeter } from './progress.js';

const CLIP = 'The clip';

/** Speech to make motion from, or motion to replay. */
export type ClipSource = { speech: ReusableSound } | { motion: Motion };

/** Where a run's portraits come from. */
export interface FramePortraits {
  /** The clip's own, which motion is made for; `release` it once the engine's clip has a share. */
  first(): Promise<PortraitHandle>;
  /** What frame `index` shows, where that is not the clip's own. */
  ofFrame: ((index: number) => Promise<PortraitHandle>) | undefined;
  release(portrait: PortraitHandle): Promise<void>;
}

/** What a run needs of its clip. */
export interface RunContext {
  talker: TalkerHandle;
  portraits: FramePortraits;
  source: ClipSource;
  options: NativeRunOptions;
  /** Frames a second. */
  fps: number;
  signal: AbortSignal;
  report: (progress: Progress) => void;
}

/**
 * One pass over a clip: the engine's clip with the sound it was made from. Opened for each iteration, motion or file and
 * closed at its end, so that a clip holds no memory in between.
 */
export class ClipRun {
  /** Frames there will be. */
  readonly frames: number;
  readonly #context: RunContext;
  readonly #handle: RunHandle;
  readonly #sound: Sound | undefined;
  readonly #sampling: StageMeter;
  readonly #stop: () => void;
  #closing: Promise<void> | undefined;

  private constructor(context: RunContext, handle: RunHandle, sound: Sound | undefined) {
    this.#context = context;
    this.#handle = handle;
    this.#sound = sound;
    this.#sampling = new StageMeter('sample', context.report);
    this.frames = native().runProgress(handle).frames;
    // Weakly, so that a clip that was dropped in the middle of an iteration is collected though its signal lives on.
    const weak = new WeakRef(this);
    this.#stop = () => {
      const run = weak.deref();
      if (run) run.#stopNative();
    };
    context.signal.addEventListener('abort', this.#stop, { once: true });
  }

  /** Turns the sound into features (or uploads the motion). @throws what `openSound` does, SPEECH_TOO_SHORT, ABORTED */
  static async open(context: RunContext): Promise<ClipRun> {
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

  /** A signal may have fired before there was anybody to listen. */
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
      return await ClipRun.#begin(context, speech, sound);
    } finally {
      await native().closeSpeech(speech); // the engine's clip has a share of its own
    }
  }

  /** Writes the next frame to `out`; its index, or -1 after the last. */
  async read(out: Uint8Array, format: PixelFormat): Promise<number> {
    const index = await this.#orAborted(this.#readNext(out, format));
    if (this.#closing === undefined) this.#reportSampled();
    return index;
  }

  async #readNext(out: Uint8Array, format: PixelFormat): Promise<number> {
    const { ofFrame } = this.#context.portraits;
    if (ofFrame === undefined) return native().readFrame(this.#handle, out, format, undefined);
    const asked = this.#asking.then(() => this.#ask(ofFrame, out, format));
    this.#asking = asked;
    asked.catch(() => {}); // the reads that wait for it tell
    return (await asked).index;
  }

  /**
   * Hands the next frame's portrait to the engine with the request for that frame: they become ready in their order, never more than
   * frames have been asked for. One that cannot be prepared fails this request and all later ones, whose frames would be others.
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
      index.catch(() => {}); // whoever reads it tells
      return { index };
    } finally {
      await this.#context.portraits.release(portrait); // the request has a share of its own
    }
  }

  /** Settles when the last request has been handed over. */
  #asking: Promise<unknown> = Promise.resolve();
  #asked = 0;

  #reportSampled(): void {
    const { sampled } = native().runProgress(this.#handle);
    if (sampled !== this.#sampled) this.#sampling.advance(sampled, this.frames);
    this.#sampled = sampled;
  }

  #sampled = 0;

  /** All motion, smoothed and edited; as sampled when `raw`. */
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

  /** The sound that the motion was made from, for the encoder; undefined for a replayed motion. */
  get track(): SoundTrack | undefined {
    return this.#sound?.track;
  }

  /** Stops the engine's threads and waits for them. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#context.signal.removeEventListener('abort', this.#stop);
    await native().closeRun(this.#handle);
    await this.#asking.catch(() => {}); // a portrait on its way is let go
    await this.#sound?.close();
  }

  #stopNative(): void {
    if (this.#closing === undefined) native().stopRun(this.#handle);
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

/** The engine's clip keeps a share of its portrait. */
async function openRun(
  { portraits, options, signal }: RunContext,
  source: SpeechHandle | Float32Array,
): Promise<RunHandle> {
  const portrait = await ready({ portraits, signal }, portraits.first());
  try {
    throwIfStopped(signal);
    return native().openRun(portrait, source, options);
  } finally {
    await portraits.release(portrait);
  }
}

/** A portrait that is on its way when the clip is stopped is let go of when it comes. */
function ready(
  { portraits, signal }: Pick<RunContext, 'portraits' | 'signal'>,
  coming: Promise<PortraitHandle>,
) {
  return orAborted(coming, { signal, what: CLIP }, (late) => portraits.release(late));
}

function throwIfStopped(signal: AbortSignal): void {
  throwIfAborted(signal, CLIP);
}

/** Turns all of a sound into the engine's speech; its number of video frames. @throws SPEECH_TOO_SHORT */
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
