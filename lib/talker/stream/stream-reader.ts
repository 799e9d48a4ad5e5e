import { throwIfAborted } from '../../errors.js';
import type { PackManifest } from '../../packs/pack.js';
import { frameFinish } from '../portrait/opacity.js';
import type { Feed } from './feed.js';
import { LateReader, withSoundOf } from './late-reader.js';
import { LivePace } from './live-pace.js';
import { PacedFeed } from './paced-feed.js';
import type { LateFrame, StreamFrame } from './stream-frame.js';
import type { StreamPlan } from './stream-options.js';
import type { AskedFrame, StreamRun } from './stream-run.js';
import type { FrameSound } from './stream-sound.js';
import type { StreamVoice } from './stream-voice.js';

/** What the frames of a stream are made of. */
export interface ReadStream {
  readonly plan: StreamPlan;
  readonly manifest: PackManifest;
  readonly size: { readonly width: number; readonly height: number };
  readonly opacity: Uint8Array | undefined;
  /** Frames that the engine is asked for ahead. */
  readonly readAhead: number;
  /** Waits for the first frame of a stream of pace 'live'. */
  begin(first: () => Promise<unknown>): Promise<void>;
  readonly run: StreamRun;
  readonly voice: StreamVoice;
  readonly feed: Feed;
  readonly signal: AbortSignal;
}

/** Whom a reader tells what. */
export interface ReaderListener {
  /** Frames of the engine were handed out. */
  handed(): void;
  late(frame: LateFrame): void;
}

/** Reads the frames of a stream from the engine, each with its sound, when they may leave. */
export class StreamReader {
  readonly #of: ReadStream;
  readonly #listener: ReaderListener;
  /** Frames of the engine that were handed out. */
  #handed = 0;
  /** Of pace 'live', once it is read. */
  #pace: LivePace | undefined;
  #late: LateReader | undefined;
  readonly #asked: Promise<AskedFrame>[] = [];
  /** What waits for its reader: a picture that was left out, of which the sound was not. */
  #left: StreamFrame | undefined;
  /** The last picture, where it may be shown again: what the reader has may be gone. */
  #last: Uint8Array = new Uint8Array();

  constructor(of: ReadStream, listener: ReaderListener) {
    this.#of = of;
    this.#listener = listener;
  }

  get handed(): number {
    return this.#handed;
  }

  /** The reader's number of an engine's frame. */
  numberOf(frame: number): number {
    return this.#pace?.numberOf(frame) ?? frame;
  }

  async *frames(): AsyncGenerator<StreamFrame, void, undefined> {
    const { run, opacity, size, plan, readAhead } = this.#of;
    const pictures = frameFinish(plan.format, size, opacity);
    const ask = () => {
      while (this.#asked.length < readAhead) this.#asked.push(run.ask(pictures.room(), plan.format));
    };
    await this.#begin(ask);
    for (;;) {
      await this.#orStopped(run.settled());
      ask();
      const frame = (await this.#holds()) ? await this.#again() : await this.#next(pictures.finish);
      if (frame === 'end') break;
      if (frame === 'interrupted') continue;
      this.#left = this.#late?.leavesOut(frame.index) ? frame : undefined;
      if (this.#left !== undefined) continue;
      yield frame;
      this.#askedFor(frame.index + 1);
    }
    if (this.#left !== undefined) yield this.#left;
  }

  /** The clock of pace 'live' begins when the first frame is there. */
  async #begin(ask: () => void): Promise<void> {
    const { feed, manifest, plan, signal } = this.#of;
    if (!(feed instanceof PacedFeed)) return;
    feed.prime();
    await this.#of.begin(async () => {
      ask();
      await this.#asked[0];
    });
    this.#throwIfStopped();
    this.#pace = new LivePace(feed, manifest.fps, plan.lead, signal);
    this.#late = new LateReader(this.#pace, manifest.fps);
    void feed.run(signal, () => this.#handed);
  }

  /** Waits for the time of the next frame; whether that is one again that was shown before. */
  async #holds(): Promise<boolean> {
    const holds = (await this.#pace?.holds(() => this.#handed)) ?? false;
    this.#throwIfStopped();
    return holds;
  }

  /** The last frame, or the next one of the loop, in memory of its own. */
  async #again(): Promise<StreamFrame> {
    const { feed, voice } = this.#of;
    const ofLoop = await feed.loop?.picture(this.#pace!.place);
    this.#throwIfStopped();
    if (ofLoop !== undefined) this.#remember(ofLoop);
    return this.#frame(this.#handed - 1, ofLoop ?? this.#last.slice(), voice.silence());
  }

  /** The engine's next frame. */
  async #next(finish: (data: Uint8Array) => Uint8Array): Promise<StreamFrame | 'end' | 'interrupted'> {
    const { run, feed } = this.#of;
    const { index, data, epoch } = await this.#orStopped(this.#asked.shift()!);
    if (epoch !== run.epoch) return 'interrupted'; // or may be
    if (index < 0) return 'end';
    const picture = finish(data);
    await this.#orStopped(feed.keep(index, picture));
    if (epoch !== run.epoch) return 'interrupted';
    this.#remember(picture);
    return this.#frame(index, picture, this.#handOut(index));
  }

  #remember(picture: Uint8Array): void {
    if (this.#of.plan.idle === 'model') return;
    if (this.#last.length === picture.length) this.#last.set(picture);
    else this.#last = picture.slice();
  }

  /** With the sound of what was left out before it. */
  #frame(frame: number, data: Uint8Array, { bytes, given }: FrameSound): StreamFrame {
    const { size, manifest, voice } = this.#of;
    const index = this.numberOf(frame);
    const milliseconds = this.#pace?.late(index) ?? 0;
    if (milliseconds > 0) this.#listener.late({ index, milliseconds });
    const { width, height } = size;
    const picture = { index, time: index / manifest.fps, width, height, data };
    return withSoundOf(this.#left, {
      ...picture,
      sound: bytes,
      speaking: given,
      epoch: voice.interruptions,
    });
  }

  /** The sound of an engine's frame, and of those before it that were not made. */
  #handOut(index: number): FrameSound {
    const { voice } = this.#of;
    let sound = voice.hand(this.#handed);
    while (++this.#handed <= index) sound = joined(sound, voice.hand(this.#handed));
    this.#listener.handed();
    return sound;
  }

  /** The reader asks for a frame. What he is too late for is not made, except those that were asked for ahead. */
  #askedFor(index: number): void {
    const { run, feed } = this.#of;
    if (this.#late === undefined || !run.isReady(this.#asked[0])) return; // else not the reader is late
    this.#late.asks(index);
    const skipped = this.#late.from - index;
    if (skipped <= 0) return;
    const reachable = this.#pace!.reachable(this.#handed + skipped);
    run.skipTo(feed.loop?.reachable(this.#handed, reachable) ?? reachable);
  }

  async #orStopped<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      this.#throwIfStopped();
    }
  }

  #throwIfStopped(): void {
    throwIfAborted(this.#of.signal, 'The stream');
  }
}

/** The sound of two frames. */
function joined(one: FrameSound, other: FrameSound): FrameSound {
  const bytes = new Uint8Array(one.bytes.length + other.bytes.length);
  bytes.set(one.bytes);
  bytes.set(other.bytes, one.bytes.length);
  return { bytes, given: one.given || other.given };
}
