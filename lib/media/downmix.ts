import { type Block, mixDown } from './samples.js';

/**
 * The power of the mean over that of channels that have nothing to do with each other: 1 for those, 2 for two equal ones, 0 for
 * opposite ones. Of two equally loud channels it is 1 + their correlation. The mean is left below the first number, and comes back
 * above the second.
 */
const CANCELS_BELOW = 0.1;
const AGREES_ABOVE = 0.3;

/** Power below which a block is silence and says nothing: -100 dB. */
const SILENCE = 1e-10;

/** How much louder another channel has to become to be taken instead. */
const LOUDER = 2;

/**
 * Makes mono of the blocks of one sound, in order: the mean of the channels, or the loudest where they cancel each other out, as in
 * stereo of opposite phase. Each block is judged for itself, so that a sound of any length needs one block of memory.
 */
export class Downmix {
  /** Channel that was taken where channels cancelled, from 0; undefined while they have not. */
  taken: number | undefined;
  #cancels = false;
  #energies: Float64Array | undefined;

  mix(block: Block): Float32Array {
    const mean = mixDown(block);
    if (block.channels === 1) return mean;
    const powers = powersOf(block);
    this.#judge(powers, powerOf(mean, 0, 1, { zero: 0, full: 1 }));
    return this.#cancels ? channelOf(block, this.#loudest()) : mean;
  }

  #judge(powers: Float64Array, mean: number): void {
    this.#energies ??= new Float64Array(powers.length);
    for (let c = 0; c < powers.length; c++) this.#energies[c]! += powers[c]!;
    const sum = powers.reduce((total, power) => total + power, 0);
    if (sum < SILENCE) return;
    const ratio = (mean * powers.length ** 2) / sum;
    this.#cancels = ratio < (this.#cancels ? AGREES_ABOVE : CANCELS_BELOW);
  }

  #loudest(): number {
    const energies = this.#energies!;
    const loudest = energies.indexOf(Math.max(...energies));
    if (this.taken === undefined || energies[loudest]! > LOUDER * energies[this.taken]!) this.taken = loudest;
    return this.taken;
  }
}

function powersOf({ samples, channels, scale }: Block): Float64Array {
  return Float64Array.from({ length: channels }, (_, c) => powerOf(samples, c, channels, scale));
}

/** The mean square about the mean, so that a constant offset does not count. */
function powerOf(
  samples: Block['samples'],
  from: number,
  step: number,
  { zero, full }: Block['scale'],
): number {
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let i = from; i < samples.length; i += step, count++) {
    const value = (samples[i]! - zero) / full;
    sum += value;
    squares += value * value;
  }
  return squares / count - (sum / count) ** 2;
}

function channelOf({ samples, channels, scale: { zero, full } }: Block, channel: number): Float32Array {
  const length = Math.floor(samples.length / channels);
  return Float32Array.from({ length }, (_, i) => (samples[i * channels + channel]! - zero) / full);
}
