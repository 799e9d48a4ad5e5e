import {
  type GrowingTrack,
  type PcmInput,
  speechTooShort,
  toFloats,
  type VideoWriter,
} from '../../media/index.js';
import type { SaveResult } from '../../talker/clip/save-options.js';
import type { StageMeter } from '../../talker/host/progress.js';
import type { StreamFrame } from '../../talker/stream/stream-frame.js';
import type { TalkStream } from '../../talker/stream/talk-stream.js';

/** What a recording goes to. */
interface Output {
  video: VideoWriter;
  /** The video's sound, if its format holds any. */
  sound: GrowingTrack | undefined;
  fps: number;
  meter: StageMeter;
}

/** Speaks sound to a stream, and encodes its frames with the sound that they carry, so that both end together. */
export class Recording {
  readonly #stream: TalkStream;
  readonly #pcm: PcmInput;
  readonly #output: Output;
  readonly #begun = performance.now();
  /** Bytes that were spoken. */
  #spoken = 0;
  #firstFrameSeconds = 0;
  /** The first. */
  #failure: unknown;

  constructor(stream: TalkStream, pcm: PcmInput, output: Output) {
    this.#stream = stream;
    this.#pcm = pcm;
    this.#output = output;
  }

  /** @throws what the sound, the stream and the video do; SPEECH_TOO_SHORT without a whole frame */
  async run(): Promise<Omit<SaveResult, 'file' | 'device'>> {
    const { video, fps } = this.#output;
    const [, encoded] = await Promise.all([this.#orStop(this.#speak()), this.#orStop(this.#encode())]);
    if (encoded === undefined) {
      await video.abort();
      throw this.#failure;
    }
    const elapsedSeconds = (performance.now() - this.#begun) / 1000;
    const { frames } = encoded;
    const speed = {
      elapsedSeconds,
      firstFrameSeconds: this.#firstFrameSeconds,
      fps: frames / elapsedSeconds,
    };
    return { format: video.format, ...encoded, seconds: frames / fps, ...speed };
  }

  async #speak(): Promise<void> {
    for await (const piece of this.#pcm.pieces) {
      this.#spoken += piece.length;
      await this.#stream.write(piece);
    }
    this.#stream.end();
  }

  async #encode(): Promise<{ frames: number; bytes: number }> {
    const { video, sound, meter } = this.#output;
    let frames = 0;
    let before: Uint8Array | undefined;
    for await (const frame of this.#stream) {
      if (frames === 0) this.#firstFrameSeconds = (performance.now() - this.#begun) / 1000;
      sound?.add(this.#samplesOf(frame));
      frames += await this.#write(frame, before);
      before = frame.data;
      meter.advance(frames, undefined);
    }
    if (frames === 0) throw this.#tooShort();
    sound?.end();
    return { frames, ...(await video.finish()) };
  }

  /** A picture as long as its sound lasts: where some were left out before it, the last one stays. Returns their number. */
  async #write({ data, sound }: StreamFrame, before = data): Promise<number> {
    const { rate, channels, format } = this.#pcm.format;
    const bytes = (rate / this.#output.fps) * channels * (format === 's16le' ? 2 : 4);
    const frames = Math.round(sound.length / bytes);
    for (let left = 1; left < frames; left++) await this.#output.video.write(before);
    await this.#output.video.write(data);
    return frames;
  }

  #samplesOf({ sound }: StreamFrame): Float32Array {
    const { channels, format } = this.#pcm.format;
    const { buffer, byteOffset: at, byteLength: size } = sound;
    if (format === 'f32le') return new Float32Array(buffer, at, size / 4);
    return toFloats({
      samples: new Int16Array(buffer, at, size / 2),
      channels,
      scale: { zero: 0, full: 2 ** 15 },
    });
  }

  #tooShort(): Error {
    const { rate, channels, format } = this.#pcm.format;
    const samples = Math.floor(this.#spoken / channels / (format === 's16le' ? 2 : 4));
    return speechTooShort(samples, rate, this.#output.fps);
  }

  /** If one side fails, the other one ends too. */
  async #orStop<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      this.#failure ??= error;
      this.#pcm.close();
      await this.#stream.close();
      return undefined;
    }
  }
}
