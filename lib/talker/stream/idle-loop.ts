import { invalidArgument } from '../../errors.js';
import { PieceFile } from '../../files/piece-file.js';
import { JOIN_FRAMES } from '../../limits.js';
import { Pending } from '../host/pending.js';

/** Seconds of a loop, and of the pictures of a source video, at most. */
const SECONDS = 10;
const MOST_SECONDS = 60;

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

/**
 * The loop of a stream in which nobody speaks: so many frames of its own idle life, at whose end the motion comes back to where it was at
 * their beginning. Whoever feeds the engine says when it begins; whoever reads the frames keeps their pictures, and shows them again.
 */
export class IdleLoop {
  readonly frames: number;
  /** The engine's first frame of it; undefined: there is none. */
  #first: number | undefined;
  #pictures: PieceFile | undefined;
  readonly #pending = new Pending();

  constructor(frames: number) {
    this.frames = frames;
  }

  /** The engine's frame behind it; infinite if there is none. */
  get end(): number {
    return (this.#first ?? Number.POSITIVE_INFINITY) + this.frames;
  }

  /** The first of the frames in which it comes back. */
  get join(): number {
    return this.end - JOIN_FRAMES;
  }

  begin(first: number): void {
    this.#first = first;
  }

  /** It is not finished, or not shown any more. */
  drop(): void {
    this.#first = undefined;
  }

  /** The engine's frame that follows after so many were shown again. */
  after(shown: number): number {
    return this.#first! + (shown % this.frames);
  }

  /** Whether the picture of an engine's frame is part of it. */
  has(frame: number): boolean {
    return frame >= this.end - this.frames && frame < this.end;
  }

  /** The last frame up to `frame` before which none is left out, from `next` on, that is shown again. */
  reachable(next: number, frame: number): number {
    if (this.#first === undefined || next >= this.end) return frame;
    return Math.max(next, Math.min(frame, this.#first));
  }

  /** Keeps the picture of an engine's frame; in order, one call at a time. @throws OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL */
  keep(frame: number, data: Uint8Array): Promise<void> {
    return this.#pending.add(this.#keep(frame, data));
  }

  async #keep(frame: number, data: Uint8Array): Promise<void> {
    this.#pictures ??= await PieceFile.create('loop', 'Open another stream');
    if (frame === this.#first) this.#pictures.clear(); // those of the loop before are not shown any more
    await this.#pictures.add(data);
  }

  /** The picture that is shown again after so many others, in memory of its own. @throws FILE_NOT_FOUND */
  picture(shown: number): Promise<Uint8Array> {
    return this.#pending.add(this.#pictures!.read(shown % this.frames));
  }

  /** Removes the pictures. No others are kept after that. */
  async close(): Promise<void> {
    await this.#pending.settled();
    await this.#pictures?.close();
  }
}
