import { KdtalkerError } from '../../errors.js';
import { isSystemError } from '../../files/output-error.js';
import { PieceFile } from '../../files/piece-file.js';
import { JOIN_FRAMES } from '../../limits.js';
import { warnOnce } from '../../warnings.js';
import { Pending } from '../host/pending.js';
import { MOTION_SIZE } from '../motion/motion.js';

/** Who keeps a loop. */
interface LoopOwner {
  /** Bytes of pictures that a loop may have. */
  readonly most: number;
  /** Nobody shows it any more. */
  unused(): Promise<void>;
  /** Nobody can show it again. */
  removed(): void;
}

/**
 * A loop of idle life that is kept with what it shows: pictures in a temporary file, and the motion of their frames. It is made frame by
 * frame, by one stream at a time, in as many silences as that takes; once it is whole, any number of streams show it.
 *
 * If its pictures cannot be written, or not be read any more, it is lost: streams that have opened it do without, and those that come later
 * have another one.
 */
export class KeptLoop {
  /** Of the whole loop. */
  readonly frames: number;
  readonly ref = new WeakRef(this);
  readonly #owner: LoopOwner;
  /** Frames that are made, from the first on. */
  #made = 0;
  /** The number that the first frame had in its stream's life: that of its picture of a source video, and of its blinks. */
  #clock = 0;
  /** Rows of 70 numbers: of frames before the first one, and of those made. */
  #motion = new Float32Array();
  #before = 0;
  #maker: object | undefined;
  #pictures: PieceFile | undefined;
  /** One picture after the other. Never rejects. */
  #adding: Promise<unknown> = Promise.resolve();
  readonly #reading = new Pending();
  #users = 0;
  #lost = false;

  constructor(frames: number, owner: LoopOwner) {
    this.frames = frames;
    this.#owner = owner;
  }

  get made(): number {
    return this.#made;
  }

  get whole(): boolean {
    return this.#made === this.frames;
  }

  /** Nobody makes or shows it any more. */
  get lost(): boolean {
    return this.#lost;
  }

  get clock(): number {
    return this.#clock;
  }

  /** Bytes of its pictures. */
  get bytes(): number {
    return this.#pictures?.bytes ?? 0;
  }

  get users(): number {
    return this.#users;
  }

  /** A stream may show it, until it calls {@link close}. */
  open(): this {
    this.#users += 1;
    return this;
  }

  async close(): Promise<void> {
    this.#users -= 1;
    if (this.#users === 0) await this.#owner.unused();
  }

  /** Whether this stream is the one that makes the rest. */
  take(maker: object): boolean {
    if (this.whole || this.#lost) return false;
    this.#maker ??= maker;
    return this.#maker === maker;
  }

  /** Makes no more of it. Frames that already go over into the first are made again by the next. */
  release(maker: object): void {
    if (this.#maker !== maker) return;
    this.#maker = undefined;
    if (!this.whole) this.#made = Math.min(this.#made, this.frames - JOIN_FRAMES);
  }

  /** Nothing is made; the first frame will have this number. */
  begin(clock: number): void {
    this.#made = 0;
    this.#clock = clock;
  }

  /**
   * Adds the next frame; of another one, or from a stream that does not make it any more, nothing.
   *
   * @param motion of the frame; of the first one, also of those before it
   */
  async add(maker: object, at: number, picture: Uint8Array, motion: Float32Array): Promise<void> {
    const added = this.#adding.then(() => this.#add(maker, at, picture, motion));
    const kept = added.catch((cause: unknown) => {
      this.#lose(cause);
      return this.#forget();
    });
    this.#adding = kept.catch(() => {});
    await kept;
  }

  async #add(maker: object, at: number, picture: Uint8Array, motion: Float32Array): Promise<void> {
    const wanted = () => this.#maker === maker && at === this.#made;
    if (!wanted()) return;
    if (at === 0) this.#checkSize(picture.length * this.frames);
    this.#pictures ??= await PieceFile.create('loop', 'Open another stream');
    this.#pictures.keep(at);
    await this.#pictures.add(picture);
    if (!wanted()) return;
    if (at === 0) this.#before = motion.length / MOTION_SIZE - 1;
    this.#keepMotion(at === 0 ? 0 : this.#before + at, motion);
    this.#made += 1;
    if (this.whole) this.#maker = undefined;
  }

  #checkSize(bytes: number): void {
    const { most } = this.#owner;
    if (bytes <= most) return;
    const expected = `Expected at most ${most / 1e9} GB of pictures for a loop but received ${bytes / 1e9} GB, ${this.frames} frames`;
    throw new KdtalkerError('OUT_OF_RESOURCES', `${expected}. Use smaller pictures`);
  }

  /** If the system refused something; what else went wrong is thrown. */
  #lose(cause: unknown): void {
    if (!(cause instanceof KdtalkerError) && !isSystemError(cause)) throw cause;
    this.#lost = true;
    this.#maker = undefined;
    this.#owner.removed();
    warnOnce('IDLE_LOOP_LOST', `A stream goes on as with idle 'model': ${cause.message}`, cause.code);
  }

  #keepMotion(row: number, motion: Float32Array): void {
    const size = (this.#before + this.frames) * MOTION_SIZE;
    if (row === 0) this.#motion = new Float32Array(size);
    this.#motion.set(motion, row * MOTION_SIZE);
  }

  /** The picture of a frame, the first one again behind the last, in memory of its own; undefined once the loop is lost. */
  async picture(at: number): Promise<Uint8Array | undefined> {
    const pictures = this.#pictures;
    if (pictures === undefined || this.#lost) return undefined;
    const reading = pictures.read(Math.min(at % this.frames, pictures.length - 1));
    return this.#reading.add(reading).catch((cause: unknown) => {
      this.#lose(cause);
      return undefined;
    });
  }

  /** The motion of so many frames. Around a loop that is whole they go on for ever; else those at the ends stay. */
  motion(from: number, count: number): Float32Array {
    const rows = new Float32Array(count * MOTION_SIZE);
    for (let i = 0; i < count; i++) rows.set(this.#row(from + i), i * MOTION_SIZE);
    return rows;
  }

  #row(at: number): Float32Array {
    const around = ((at % this.frames) + this.frames) % this.frames;
    const row = this.whole ? around : Math.max(-this.#before, Math.min(at, this.#made - 1));
    return this.#motion.subarray((this.#before + row) * MOTION_SIZE, (this.#before + row + 1) * MOTION_SIZE);
  }

  /** Removes all of it. Not while anybody shows it. */
  async remove(): Promise<void> {
    this.#owner.removed();
    await this.#adding;
    await this.#forget();
  }

  async #forget(): Promise<void> {
    await this.#reading.settled();
    const pictures = this.#pictures;
    this.#pictures = undefined;
    this.#made = 0;
    this.#motion = new Float32Array();
    await pictures?.close();
  }
}
