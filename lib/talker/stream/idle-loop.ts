import type { NativeLoopJoin, NativeLoopPast, NativeRunOptions } from '../../binding-options.js';
import { invalidArgument } from '../../errors.js';
import { JOIN_FRAMES } from '../../limits.js';
import type { KeptLoop } from '../portrait/kept-loop.js';

/** Seconds of a loop, and of the pictures of a source video, at most. */
const SECONDS = 10;
const MOST_SECONDS = 60;
/** Seconds that are worth going over to. */
const LEAST_SECONDS = 1;

/**
 * Frames of the loop of an idle stream: ten seconds, or as often as its source video repeats in these.
 *
 * @param period frames after which what is shown repeats
 * @throws INVALID_ARGUMENT if that is longer than a minute
 */
export function loopFrames(fps: number, period: number): number {
  const frames = period * Math.ceil((SECONDS * fps) / period);
  if (frames <= MOST_SECONDS * fps) return frames;
  const most = `'model' or 'still' with a source video that repeats after more than ${MOST_SECONDS} s,`;
  throw invalidArgument(most, 'idle', 'loop');
}

let streams = 0;

/**
 * What the loops of streams have in common that look alike. In relative mode a stream looks as its own first frame wants it, so its loop is
 * for itself.
 */
export function loopKey({ tenant, priority, ...native }: NativeRunOptions, format: string): string {
  const own = native.relative ? ++streams : undefined;
  return JSON.stringify({ ...native, format, own }, (_, value) => {
    if (typeof value === 'bigint') return String(value);
    return ArrayBuffer.isView(value) ? [...(value as Float32Array | Uint8Array)] : value;
  });
}

/** What a loop asks of the engine, in the order of the sound. */
export interface LoopEngine {
  /** The motion goes over to a loop, before the sound of the join's first frame. */
  join(join: NativeLoopJoin): void;
  /** It does not. */
  cancelJoin(): void;
  /** The motion of these frames is kept. */
  record(first: number, last: number): void;
  /** That of some; empty if they were taken back. */
  recorded(first: number, count: number): Float32Array;
  /** The engine goes on behind a loop with this frame. */
  leaveLoop(frame: number, past: NativeLoopPast): void;
}

/** Frames of a stream. */
export interface LoopSizes {
  fps: number;
  window: number;
  hop: number;
  ahead: number;
  /** After so many what is shown repeats. */
  period: number;
}

/** A time in which a stream makes the loop, or shows it; frames are the engine's. */
interface Visit {
  /** The first that is made, and which of the loop's that is; undefined: none. */
  first: number | undefined;
  from: number;
  /** The one behind those before the loop is shown, and which of its frames is shown then. */
  end: number;
  at: number;
  /** Whether the engine was told to go over to it. */
  joins: boolean;
}

/**
 * The loop of a stream in which nobody speaks. The first silences make it, frame by frame: it is the idle life of their streams, at whose end
 * the motion comes back to where it was at the beginning. Later ones go over to it and show its pictures. It is left as if it had been made
 * here: the motion of the frames that were shown becomes the engine's past.
 */
export class IdleLoop {
  readonly #kept: KeptLoop;
  readonly #engine: LoopEngine;
  readonly #sizes: LoopSizes;
  readonly #least: number;
  #visit: Visit | undefined;
  /** Added to the engine's frames: the numbers that they have in the stream's life, if loops were made where they are shown. */
  #clock = 0;

  constructor(kept: KeptLoop, engine: LoopEngine, sizes: LoopSizes) {
    this.#kept = kept;
    this.#engine = engine;
    this.#sizes = sizes;
    this.#least = Math.max(LEAST_SECONDS * sizes.fps, sizes.hop + sizes.ahead);
  }

  /** The engine's frame behind those before it is shown; infinite if it will not be. */
  get end(): number {
    return this.#visit?.end ?? Number.POSITIVE_INFINITY;
  }

  /** Which of its frames is shown then. */
  get at(): number {
    return this.#visit?.at ?? 0;
  }

  /** Frames that may be shown, one after the other. */
  get most(): number {
    if (this.#kept.lost) return 0;
    const { first, at } = this.#visit!;
    return first === undefined && !this.#kept.whole ? this.#kept.made - at : Number.POSITIVE_INFINITY;
  }

  /** A frame of silence comes, after a second of them. */
  rests(frame: number): void {
    if (this.#visit === undefined) this.#enter(frame);
    const visit = this.#visit;
    if (visit?.first === undefined || visit.joins || frame < visit.end - JOIN_FRAMES) return;
    this.#join(visit, frame);
  }

  /** Unless it is lost, another stream makes it, or what is made of it does not fit to what is shown now. */
  #enter(frame: number): void {
    if (this.#kept.lost) return;
    if (!this.#kept.whole && !this.#kept.take(this)) return;
    if (this.#kept.made < this.#least) this.#begin(frame);
    else this.#goOver(frame);
  }

  #goOver(frame: number): void {
    const end = frame + JOIN_FRAMES;
    const { period } = this.#sizes;
    const at = (((end + this.#clock - this.#kept.clock) % period) + period) % period;
    if (!this.#kept.whole && at + this.#least > this.#kept.made) return;
    this.#visit = { first: undefined, from: 0, end, at, joins: false };
    this.#join(this.#visit, frame);
  }

  /** From the beginning. */
  #begin(frame: number): void {
    this.#kept.begin(this.#clock + frame);
    this.#make(frame, 0, this.#before);
  }

  #make(first: number, from: number, before: number): void {
    const end = first + this.#kept.frames - from;
    this.#visit = { first, from, end, at: 0, joins: false };
    this.#engine.record(first - before, end);
  }

  /** Frames whose motion a window needs that begins behind them. */
  get #before(): number {
    return Math.min(this.#sizes.window, this.#kept.frames);
  }

  #join(visit: Visit, frame: number): void {
    const { hop, ahead } = this.#sizes;
    const motion = this.#kept.motion(visit.at - JOIN_FRAMES, JOIN_FRAMES + hop + ahead);
    this.#clock = this.#kept.clock + visit.at - visit.end;
    this.#engine.join({ frame, motion, clock: this.#clock });
    visit.joins = true;
  }

  /** The engine goes on, behind so many frames that were shown. */
  leave(shown: number): void {
    const { end, at } = this.#visit!;
    const frames = this.#kept.frames;
    const left = (at + shown) % frames;
    this.#clock = this.#kept.clock + left - end;
    const motion = this.#kept.motion(left - this.#before, this.#before);
    const join = end + frames - JOIN_FRAMES - left; // where its end goes over into its beginning
    this.#visit = undefined;
    if (this.#kept.take(this) && left === this.#kept.made) this.#make(end, left, 0); // before one of its frames is decided
    this.#engine.leaveLoop(end, { motion, clock: this.#clock, join, behind: this.#clock - frames });
  }

  /** It is not finished, or not shown any more. */
  drop(): void {
    if (this.#visit?.joins) this.#engine.cancelJoin();
    this.#visit = undefined;
    this.#kept.release(this);
  }

  /** Whether the picture of an engine's frame becomes part of it. */
  has(frame: number): boolean {
    const first = this.#visit?.first;
    return first !== undefined && frame >= first && frame < this.end;
  }

  /** The last frame up to `frame` before which none is left out, from `next` on, that becomes part of it. */
  reachable(next: number, frame: number): number {
    const first = this.#visit?.first;
    if (first === undefined || next >= this.end) return frame;
    return Math.max(next, Math.min(frame, first));
  }

  /** Keeps the picture of an engine's frame; in order, one call at a time. False if the loop is lost. */
  async keep(frame: number, data: Uint8Array): Promise<boolean> {
    const { first, from } = this.#visit!;
    const at = from + frame - first!;
    const before = at === 0 ? this.#before : 0;
    const motion = this.#engine.recorded(frame - before, before + 1);
    if (motion.length > 0) await this.#kept.add(this, at, data, motion);
    return !this.#kept.lost;
  }

  /** The picture of one of its frames, in memory of its own; undefined if the loop is lost. */
  picture(at: number): Promise<Uint8Array | undefined> {
    return this.#kept.picture(at);
  }

  /** The stream shows it no more. */
  async close(): Promise<void> {
    this.#kept.release(this);
    await this.#kept.close();
  }
}
