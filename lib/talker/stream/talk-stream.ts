import { EventEmitter } from 'node:events';
import type { RunHandle } from '../../binding.js';
import { aborted, KdtalkerError, throwIfAborted } from '../../errors.js';
import { REST_FRAMES } from '../../limits.js';
import type { PackManifest } from '../../packs/pack.js';
import type { FramePortraits } from '../clip/clip-run.js';
import { Closing } from '../host/closing.js';
import { MOTION_SIZE, Motion } from '../motion/motion.js';
import type { KeptLoop } from '../portrait/kept-loop.js';
import { DirectFeed, type Feed } from './feed.js';
import { IdleLoop } from './idle-loop.js';
import { PacedFeed } from './paced-feed.js';
import { type Saying, Sayings } from './sayings.js';
import { delayOf, pacedDelayOf, type StreamDelay, tailOf } from './stream-delay.js';
import type { LateFrame, StreamFrame } from './stream-frame.js';
import type { StreamPlan } from './stream-options.js';
import { StreamReader } from './stream-reader.js';
import { StreamRun } from './stream-run.js';
import { StreamVoice } from './stream-voice.js';
import { checkId, checkPieces, type UtteranceEnd, Utterances } from './utterances.js';

const STREAM = 'The stream';
/** Seconds of sound that wait to be spoken before write() waits. */
const MOST_QUEUED = 30;

/** What a stream needs from its talker. */
export interface StreamHost {
  readonly manifest: PackManifest;
  readonly size: { readonly width: number; readonly height: number };
  readonly opacity: Uint8Array | undefined;
  readonly readAhead: number;
  readonly portraits: FramePortraits;
  /** Waits for the first frame of a stream of pace 'live'. */
  begin(first: () => Promise<unknown>): Promise<void>;
  /** What is shown while nobody speaks, opened; undefined unless that was asked for. */
  readonly loop: KeptLoop | undefined;
  /** The engine's side of it. */
  open(signal: AbortSignal): Promise<RunHandle>;
  /** Milliseconds that the engine needs for a hop and a frame, as measured so far. */
  compute(): number;
}

/**
 * A portrait that speaks while it is spoken to: sound is written as it comes, and frames, each with its own part of the sound, are read as
 * they are made. Made by `talker.stream()`.
 *
 * A frame comes once the sound is there that it needs: {@link delay}. The same sound and seed give the same frames, in whatever pieces the
 * sound is written. There are as many frames as the sound is long.
 *
 * Emits `started` with an utterance's id when its first frame leaves, and `finished` with an {@link UtteranceEnd}, once for each, when its
 * last one has, or when it is interrupted. With pace `'live'` it also emits `late` with a {@link LateFrame}.
 *
 * @example
 * const stream = talker.stream(portrait, { sound: { rate: 24000 } })
 * stream.on('finished', ({ id, played }) => log(id, played))
 * speak(stream) // writes pieces, then stream.flush('answer') or stream.end()
 * for await (const { data, sound } of stream) send(data, sound)
 */
export class TalkStream
  extends EventEmitter<{ started: [string]; finished: [UtteranceEnd]; late: [LateFrame] }>
  implements AsyncIterable<StreamFrame>, AsyncDisposable
{
  /** Pixels of a frame. */
  readonly width: number;
  readonly height: number;
  readonly #host: StreamHost;
  readonly #plan: StreamPlan;
  readonly #run: StreamRun;
  readonly #voice: StreamVoice;
  readonly #feed: Feed;
  readonly #closing = new Closing('stream');
  readonly #signal: AbortSignal;
  #ended = false;
  #said = 0;
  readonly #sayings = new Sayings();
  #read = false;
  readonly #reader: StreamReader;
  #waiting: (() => void)[] = [];
  #writable: WritableStream<Uint8Array> | undefined;

  /** @internal use `talker.stream()` */
  constructor(host: StreamHost, plan: StreamPlan) {
    super();
    this.#host = host;
    this.#plan = plan;
    ({ width: this.width, height: this.height } = host.size);
    const { fps } = host.manifest;
    const utterances = new Utterances(fps, {
      started: (id) => this.#tell(() => this.emit('started', id)),
      finished: (end) => this.#tell(() => this.emit('finished', end)),
    });
    this.#signal = AbortSignal.any([this.#closing.signal, ...(plan.signal ? [plan.signal] : [])]);
    this.#run = new StreamRun(host.open(this.#signal), host.portraits, this.#signal, host.manifest.name);
    this.#voice = new StreamVoice(plan, fps, utterances, this.#run);
    const live = plan.pace === 'live';
    this.#feed = live
      ? new PacedFeed(this.#voice, plan, {
          fps,
          reach: tailOf(plan, fps) + 1,
          loop: this.#loopOf(host),
        })
      : new DirectFeed(this.#voice);
    const parts = { run: this.#run, voice: this.#voice, feed: this.#feed, signal: this.#signal };
    this.#reader = new StreamReader(
      { ...host, plan, ...parts },
      {
        handed: () => this.#wake(),
        late: (frame) => this.#tell(() => this.emit('late', frame)),
      },
    );
    this.#signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  #loopOf({ loop, manifest }: StreamHost): IdleLoop | undefined {
    const { hop, ahead, native, loop: planned } = this.#plan;
    if (loop === undefined || planned === undefined) return undefined;
    const sizes = { fps: manifest.fps, window: native.window, hop, ahead, period: planned.period };
    return new IdleLoop(loop, this.#voice, sizes);
  }

  /**
   * How long a frame waits for the sound that it needs, counted from the beginning of its own, and for computing, in milliseconds. Sound
   * that comes faster than it plays waits for computing only. What is computed counts once it was measured; with pace `'live'` it has
   * `lead` frames, whatever it takes.
   */
  get delay(): StreamDelay {
    const { fps } = this.#host.manifest;
    if (this.#plan.pace === 'live') return pacedDelayOf(this.#plan, fps);
    return delayOf(this.#plan, fps, this.#host.compute());
  }

  /**
   * Speaks sound: bytes of any number, which need not end with a whole sample, or numbers. Nothing of it is kept, so the memory may be used
   * again at once. Resolves when the engine has heard it, and waits while more than 30 s are queued.
   *
   * @throws KdtalkerError INVALID_ARGUMENT, SPEECH_NOT_FINITE, CLOSED after end() or close(), ABORTED
   */
  async write(pcm: Uint8Array | Int16Array | Float32Array): Promise<void> {
    this.#checkOpen();
    await this.#feed.write(pcm);
    while (this.#queued > MOST_QUEUED * this.#host.manifest.fps && !this.#signal.aborted)
      await this.#handedOut();
    this.#throwIfStopped();
  }

  /** Frames of sound that were written and not handed out. */
  get #queued(): number {
    return this.#feed.waiting + this.#voice.frames - this.#reader.handed;
  }

  /**
   * Speaks sound that comes in pieces as an utterance of its own, and waits until its last frame has left. Calls speak in their order, each
   * once all pieces of the one before were written. An interruption and close() end those that speak and those that wait, and no more
   * pieces are taken then.
   *
   * @param id for listeners; default: a count
   * @throws KdtalkerError as {@link write}, and what the pieces throw
   */
  async say(pieces: AsyncIterable<Uint8Array>, id = `say-${++this.#said}`): Promise<UtteranceEnd> {
    this.#checkOpen();
    checkPieces(pieces);
    checkId(id);
    return new Promise((done, fail) => {
      const saying = { id, done };
      this.#sayings.take(saying, (wanted) => this.#speak(pieces, saying, wanted)).catch(fail);
    });
  }

  /** Writes the pieces, and takes no more of them once nobody wants to hear them. */
  async #speak(pieces: AsyncIterable<Uint8Array>, saying: Saying, wanted: boolean): Promise<void> {
    this.#checkOpen();
    const epoch = this.#voice.interruptions;
    const isHeard = () => wanted && epoch === this.#voice.interruptions;
    if (wanted) this.#feed.begin(saying);
    for await (const piece of pieces) {
      if (!isHeard()) return;
      await this.write(piece);
    }
    if (isHeard()) this.flush();
  }

  /**
   * The sound so far is an utterance: so much silence follows that its last frame comes without waiting for more. Listeners see its id, by
   * default a count.
   *
   * @throws KdtalkerError INVALID_ARGUMENT, CLOSED, ABORTED
   */
  flush(id?: string): void {
    this.#checkOpen();
    checkId(id);
    this.#feed.flush(id);
  }

  /**
   * Falls silent after the last frame that was handed out: what was written and not heard is forgotten, its sound fades in 10 ms, and the
   * mouth comes to rest in four frames, while head and eyes move on. What is written after the call is spoken next.
   *
   * @returns the last frame handed out, -1 if there was none, and the seconds of the utterance that were heard
   * @throws KdtalkerError CLOSED, ABORTED
   */
  async interrupt(): Promise<{ frame: number; played: number }> {
    this.#checkRunning();
    const first = this.#reader.handed;
    this.#feed.clear(first);
    this.#sayings.cut();
    const cut = this.#voice.interrupt(first, REST_FRAMES);
    this.#wake();
    const played = await cut;
    this.#throwIfStopped();
    return { frame: this.#reader.numberOf(first - 1), played };
  }

  /** No more sound comes: the frames of what was written follow, and then the iteration ends. May be called twice. */
  end(): void {
    if (this.#ended || this.#signal.aborted) return;
    this.#ended = true;
    this.#feed.end();
  }

  /** The same as {@link write} and {@link end}, for pipes. Made at first use. */
  get writable(): WritableStream<Uint8Array> {
    this.#writable ??= new WritableStream({
      write: (piece) => this.write(piece),
      close: () => this.end(),
      abort: () => this.close(),
    });
    return this.#writable;
  }

  /**
   * The frames, in order, once. Ends after the last frame of the sound; leaving the loop closes the stream. Every frame has its own memory.
   *
   * @throws KdtalkerError ABORTED, CLOSED; BUSY if pace is `'live'` and the device has no time for it, TOO_SLOW if frames are then read more
   *   than 5 s late
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<StreamFrame, void, undefined> {
    this.#checkRunning();
    if (this.#read)
      throw new KdtalkerError('CLOSED', 'Expected a stream that nobody reads but received one that is read');
    this.#read = true;
    try {
      yield* this.#reader.frames();
    } finally {
      await this.close();
    }
  }

  /** @internal The motion as sampled, for measurements; of no more than 512 frames, after end(). */
  async rawMotion(): Promise<Motion> {
    const values = await this.#orStopped(this.#run.motion());
    return new Motion(values.slice(0, MOTION_SIZE * this.#voice.frames), this.#host.manifest.fps);
  }

  /** Ends all work and waits for it; running calls and iterations reject with ABORTED. May be called twice. */
  close(): Promise<void> {
    return this.#closing.close(() => this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#feed.clear(this.#reader.handed);
    this.#voice.cut();
    this.#sayings.cut();
    await this.#run.close();
    await this.#feed.loop?.close();
  }

  async #orStopped<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      this.#throwIfStopped();
    }
  }

  #handedOut(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** An error of a listener affects nothing else. */
  #tell(emit: () => void): void {
    try {
      emit();
    } catch {
      // the stream continues
    }
  }

  #throwIfStopped(): void {
    throwIfAborted(this.#signal, STREAM);
  }

  /** @throws CLOSED, ABORTED */
  #checkRunning(): void {
    this.#closing.check();
    if (this.#signal.aborted) throw aborted(this.#signal, STREAM);
  }

  #checkOpen(): void {
    this.#checkRunning();
    if (this.#run.failure !== undefined) throw this.#run.failure;
    if (this.#ended) throw new KdtalkerError('CLOSED', 'Expected a stream that goes on but end() was called');
  }
}
