import type { SoundTrack } from './track.js';

/** A track that is made while it is encoded: what was added and not yet read waits in memory. It is read once. */
export class GrowingTrack implements SoundTrack {
  readonly sampleRate: number;
  readonly channels: number;
  readonly speakers = 0;
  #waiting: Float32Array[] = [];
  #ended = false;
  #wake: () => void = () => {};

  constructor(sampleRate: number, channels: number) {
    this.sampleRate = sampleRate;
    this.channels = channels;
  }

  /** Interleaved samples from -1 to 1, which must not change any more. */
  add(samples: Float32Array): void {
    this.#waiting.push(samples);
    this.#wake();
  }

  /** No more samples come. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *blocks(): AsyncGenerator<Float32Array> {
    for (;;) {
      yield* this.#waiting.splice(0);
      if (this.#waiting.length > 0) continue;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
