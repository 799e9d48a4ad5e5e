import { invalidArgument } from '../../errors.js';
import { bytesOfView, checkFinite, mixDown, type PcmFormat } from '../../media/index.js';

/** Full scale of the formats. */
const SCALES = { s16le: { zero: 0, full: 2 ** 15 }, f32le: { zero: 0, full: 1 } } as const;
/** Milliseconds in which interrupted sound fades. */
const FADE = 10;

/** The sound of one frame: its bytes as they were given, and whether any were given. */
export interface FrameSound {
  bytes: Uint8Array<ArrayBuffer>;
  /** False for silence that the stream filled in. */
  given: boolean;
}

/**
 * The sound of a stream on its two ways: cut into frames, as it was given, and as mono floats for the engine. Pieces may have any sizes,
 * also parts of a sample.
 */
export class StreamSound {
  /** Bytes of a frame. */
  readonly frameBytes: number;
  readonly #format: PcmFormat;
  readonly #sampleBytes: number;
  /** Frames from `#first` on; the last one may not be whole. */
  #frames: FrameSound[] = [];
  #first = 0;
  /** Bytes in the last frame, fewer than it has. */
  #filled = 0;
  /** Bytes of a sample that has not come whole. */
  #rest = new Uint8Array();
  /** Samples that the engine was given. */
  #heard = 0;

  constructor(format: PcmFormat, fps: number) {
    this.#format = format;
    this.#sampleBytes = format.channels * (format.format === 's16le' ? 2 : 4);
    this.frameBytes = (format.rate / fps) * this.#sampleBytes;
  }

  /** Whole frames so far. */
  get frames(): number {
    return this.#first + this.#frames.length - (this.#filled > 0 ? 1 : 0);
  }

  /** Frames so far, with the last one, which may not be whole. */
  get begun(): number {
    return this.#first + this.#frames.length;
  }

  /** Takes a piece, and returns its samples. Nothing of it is kept. @throws INVALID_ARGUMENT, SPEECH_NOT_FINITE */
  push(pcm: Uint8Array | Int16Array | Float32Array): Float32Array {
    const bytes = this.#bytesOf(pcm);
    const whole = bytes.length - (bytes.length % this.#sampleBytes);
    const samples = this.mono(bytes.subarray(0, whole));
    checkFinite(samples, this.#heard, this.#format.rate);
    this.#heard += samples.length;
    this.#rest = bytes.slice(whole);
    this.#append(bytes.subarray(0, whole), true);
    return samples;
  }

  /** Fills the frame that has begun, and so many more, with silence; returns its samples. */
  silence(frames: number): Float32Array {
    this.#rest = new Uint8Array();
    const missing = this.#filled > 0 ? this.frameBytes - this.#filled : 0;
    const bytes = missing + frames * this.frameBytes;
    this.#append(new Uint8Array(bytes), false);
    return new Float32Array(bytes / this.#sampleBytes);
  }

  /** The sound of a whole frame; those before it are forgotten. */
  take(frame: number): FrameSound {
    this.#frames.splice(0, frame - this.#first);
    this.#first = frame;
    return this.#frames[0]!;
  }

  /** The sound of a whole frame that was not taken. */
  look(frame: number): FrameSound {
    return this.#frames[frame - this.#first]!;
  }

  /** Forgets the sound from a frame on. What it would have begun with fades, and so many silent frames follow. */
  interrupt(frame: number, silent: number): void {
    const dropped = this.#frames[frame - this.#first];
    this.#frames = this.#frames.slice(0, frame - this.#first);
    this.#filled = 0;
    this.silence(silent);
    const [first] = this.#frames.slice(frame - this.#first);
    if (dropped && first) first.bytes.set(this.#faded(dropped.bytes));
  }

  /** Frames from this one on have no sound yet, but so many silent ones. */
  restart(frame: number, silent: number): void {
    this.#frames = [];
    this.#first = frame;
    this.#filled = 0;
    this.silence(silent);
  }

  /** One frame that goes over into another. */
  fade(from: Uint8Array<ArrayBuffer>, to: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const { channels } = this.#format;
    const [a, b] = [this.#samplesOf(from), this.#samplesOf(to)];
    const mixed = a.map((sample, i) => {
      const share = Math.floor(i / channels) / (a.length / channels);
      return sample * (1 - share) + b[i]! * share;
    });
    return new Uint8Array(mixed.buffer as ArrayBuffer);
  }

  #faded(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
    const { rate } = this.#format;
    const short = Math.floor((rate * FADE) / 1000) * this.#sampleBytes;
    return this.fade(bytes.slice(0, short), new Uint8Array(short));
  }

  #samplesOf({ buffer }: Uint8Array<ArrayBuffer>): Int16Array | Float32Array {
    return this.#format.format === 's16le' ? new Int16Array(buffer) : new Float32Array(buffer);
  }

  /** With what was left of the piece before; a copy, at an aligned offset. */
  #bytesOf(pcm: Uint8Array | Int16Array | Float32Array): Uint8Array<ArrayBuffer> {
    const { format } = this.#format;
    const fits =
      pcm instanceof Uint8Array ||
      (format === 's16le' ? pcm instanceof Int16Array : pcm instanceof Float32Array);
    if (!fits) throw invalidArgument(`bytes or numbers of ${format}`, 'the sound of a stream', pcm);
    const bytes = new Uint8Array(this.#rest.length + pcm.byteLength);
    bytes.set(this.#rest);
    bytes.set(bytesOfView(pcm, 'the sound of a stream'), this.#rest.length);
    return bytes;
  }

  /** The mean of the channels, of bytes in memory of their own. */
  mono({ buffer, length }: Uint8Array<ArrayBuffer>): Float32Array {
    const { format, channels } = this.#format;
    const samples =
      format === 's16le' ? new Int16Array(buffer, 0, length / 2) : new Float32Array(buffer, 0, length / 4);
    return mixDown({ samples, channels, scale: SCALES[format] });
  }

  #append(bytes: Uint8Array, given: boolean): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#filled === 0) this.#frames.push({ bytes: new Uint8Array(this.frameBytes), given: false });
      const last = this.#frames.at(-1)!;
      const some = bytes.subarray(at, at + this.frameBytes - this.#filled);
      last.bytes.set(some, this.#filled);
      last.given ||= given;
      this.#filled = (this.#filled + some.length) % this.frameBytes;
      at += some.length;
    }
  }
}
