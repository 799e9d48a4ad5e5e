import { VOLUME } from '../networks/renderer-shape.js';

/** Domain and version of the engine's own operators (native/ops). */
export const DOMAIN = 'kdtalker';
export const DOMAIN_VERSION = 1;

/** Channels of a block: activations are [blocks, (depth,) height, width, 16], channel c in block c / 16. */
export const BLOCK = 16;

/** The number of blocks for this number of channels. */
export function blocksOf(channels: number): number {
  return Math.ceil(channels / BLOCK);
}

/**
 * Whether dims are those of the feature volume with this number of channels; the operators of the warping network support no other size.
 */
export function isVolume(dims: readonly number[] | undefined, channels: number): boolean {
  return dims?.join() === [1, channels, VOLUME.depth, VOLUME.side, VOLUME.side].join();
}
