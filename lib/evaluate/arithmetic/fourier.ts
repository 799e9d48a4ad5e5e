/** The power spectrum of real frames whose length is a power of two: Cooley and Tukey's transform in double precision. */
export class PowerSpectrum {
  readonly #size: number;
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  /** The squared magnitudes of the frequencies from 0 to half the rate, `size / 2 + 1` of them; the next call overwrites them. */
  readonly power: Float64Array;

  constructor(size: number) {
    this.#size = size;
    const angles = Float64Array.from({ length: size / 2 }, (_, i) => (-2 * Math.PI * i) / size);
    this.#cosines = angles.map(Math.cos);
    this.#sines = angles.map(Math.sin);
    this.#real = new Float64Array(size);
    this.#imaginary = new Float64Array(size);
    this.power = new Float64Array(size / 2 + 1);
  }

  /** Transforms a frame; a shorter one is filled with zeros. @returns {@link power} */
  of(frame: ArrayLike<number>): Float64Array {
    this.#scatter(frame);
    for (let half = 1; half < this.#size; half *= 2) this.#combine(half);
    for (let i = 0; i < this.power.length; i++)
      this.power[i] = this.#real[i]! * this.#real[i]! + this.#imaginary[i]! * this.#imaginary[i]!;
    return this.power;
  }

  /** Stores the frame in the order of reversed bits. */
  #scatter(frame: ArrayLike<number>): void {
    const size = this.#size;
    this.#imaginary.fill(0);
    for (let i = 0, reversed = 0; i < size; i++) {
      this.#real[reversed] = i < frame.length ? frame[i]! : 0;
      let bit = size >> 1;
      for (; reversed & bit; bit >>= 1) reversed ^= bit;
      reversed |= bit;
    }
  }

  #combine(half: number): void {
    const [real, imaginary, step] = [this.#real, this.#imaginary, this.#size / (2 * half)];
    for (let start = 0; start < this.#size; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [a, b] = [start + k, start + k + half];
        const [c, s] = [this.#cosines[k * step]!, this.#sines[k * step]!];
        const re = real[b]! * c - imaginary[b]! * s;
        const im = real[b]! * s + imaginary[b]! * c;
        real[b] = real[a]! - re;
        imaginary[b] = imaginary[a]! - im;
        real[a]! += re;
        imaginary[a]! += im;
      }
    }
  }
}
