import { type Block, mixDown } from './samples.js';

/**
 * Bounds on the power of the mean relative to the mean of uncorrelated channels: 1 for uncorrelated channels, 2 for two equal ones, 0 for
 * opposite ones. For two equally loud channels the ratio is 1 + their correlation. Below the first bound one channel replaces the mean;
 * above the second bound the mean returns.
 */
const CANCELS_BELOW = 0.1;
const AGREES_ABOVE = 0.3;

/** The power below which a block counts as silence and is not judged: -100 dB. */
const SILENCE = 1e-10;

/** How many times the energy of the chosen channel another one must have to replace it. */
const LOUDER = 2;

/**
 * Mixes the blocks of one sound to mono, in order: the mean of the channels, or the loudest channel where they cancel each other out
 * (opposite phase). Judges each block by itself, so a sound of any length needs one block of memory.
 */
export class Downmix {
  /** The channel that replaced the mean, from 0; undefined while the channels have not cancelled. */
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

/** The variance of the samples: a constant offset does not count. */
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
