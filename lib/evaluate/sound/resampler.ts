/** Zero crossings of the sine on each side. */
const CROSSINGS = 16;
/** The share of the lower band that passes unchanged. */
const PASSED = 0.95;

/**
 * Resamples sound piece by piece with a windowed sine, in double precision. Holds only the samples under the window. Beyond the ends is
 * silence.
 */
export class Resampler {
  readonly #from: number;
  readonly #to: number;
  readonly #reach: number;
  readonly #weights: readonly Float64Array[];
  /** The last samples, of which the first has the index `#start`. */
  #held = new Float32Array(0);
  #start: number;
  #made = 0;
  #seen = 0;

  constructor(from: number, to: number) {
    const common = divisor(from, to);
    [this.#from, this.#to] = [from / common, to / common];
    const cutoff = Math.min(1, to / from) * PASSED;
    this.#reach = Math.ceil(CROSSINGS / cutoff);
    this.#start = -this.#reach;
    this.#held = new Float32Array(this.#reach);
    this.#weights = Array.from({ length: this.#to }, (_, phase) =>
      kernel(phase / this.#to, this.#reach, cutoff),
    );
  }

  /** The samples that can be made after these; the result is new memory. */
  add(samples: Float32Array): Float32Array {
    this.#seen += samples.length;
    return this.#advance(samples, Math.floor((this.#to * (this.#seen - this.#reach)) / this.#from));
  }

  /** The last samples: together as many as last as long as those that were given, rounded up. */
  end(): Float32Array {
    return this.#advance(new Float32Array(2 * this.#reach), Math.ceil((this.#seen * this.#to) / this.#from));
  }

  #advance(samples: Float32Array, total: number): Float32Array {
    const held = new Float32Array(this.#held.length + samples.length);
    held.set(this.#held);
    held.set(samples, this.#held.length);
    const made = Float32Array.from({ length: Math.max(total - this.#made, 0) }, (_, i) =>
      this.#sample(held, this.#made + i),
    );
    this.#made += made.length;
    const needed = this.#positionOf(this.#made).whole - this.#reach + 1 - this.#start;
    const unused = Math.min(Math.max(needed, 0), held.length);
    this.#held = held.slice(unused);
    this.#start += unused;
    return made;
  }

  #positionOf(index: number): { whole: number; phase: number } {
    const at = index * this.#from;
    return { whole: Math.floor(at / this.#to), phase: at % this.#to };
  }

  #sample(held: Float32Array, index: number): number {
    const { whole, phase } = this.#positionOf(index);
    const weights = this.#weights[phase]!;
    const first = whole - this.#reach + 1 - this.#start;
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i]! * (held[first + i] ?? 0);
    return sum;
  }
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** The weights of the samples from `1 - reach` to `reach` around a place between samples 0 and 1; their sum is 1. */
function kernel(place: number, reach: number, cutoff: number): Float64Array {
  const weights = Float64Array.from({ length: 2 * reach }, (_, i) => {
    const x = i - reach + 1 - place;
    const window = Math.abs(x) < reach ? 0.5 + 0.5 * Math.cos((Math.PI * x) / reach) : 0;
    return window * (x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x));
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** A sound at another rate, piece by piece. */
export async function* resampled(
  chunks: AsyncIterable<Float32Array>,
  from: number,
  to: number,
): AsyncGenerator<Float32Array, void, undefined> {
  if (from === to) {
    yield* chunks;
    return;
  }
  const resampler = new Resampler(from, to);
  for await (const chunk of chunks) yield resampler.add(chunk);
  yield resampler.end();
}
