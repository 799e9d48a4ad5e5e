/** Values of an envelope a second. */
export const ENVELOPE_RATE = 200;

/** The root of the mean square of sound in every 5 ms; takes samples in pieces and holds only the results. */
export class Envelope {
  readonly #sampleRate: number;
  readonly values: number[] = [];
  #index = 0;
  #sum = 0;
  #count = 0;

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  add(samples: ArrayLike<number>): void {
    for (let i = 0; i < samples.length; i++) {
      this.#sum += samples[i]! * samples[i]!;
      this.#count += 1;
      this.#index += 1;
      if (this.#index * ENVELOPE_RATE >= (this.values.length + 1) * this.#sampleRate) this.#close();
    }
  }

  #close(): void {
    this.values.push(Math.sqrt(this.#sum / this.#count));
    this.#sum = 0;
    this.#count = 0;
  }
}
