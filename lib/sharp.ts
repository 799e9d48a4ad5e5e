import type { default as Sharp } from 'sharp';
import { KdtalkerError } from './errors.js';

/** sharp's own binary is an optional package, which `--omit=optional` leaves out and a copy from another platform lacks. */
const HOW_TO_GET_IT = 'Run: npm install --include=optional sharp';

/**
 * sharp, loaded when a picture first needs it, so that everything else works without it.
 *
 * @throws KdtalkerError PACKAGE_INCOMPLETE
 */
export async function loadSharp(): Promise<typeof Sharp> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw new KdtalkerError(
      'PACKAGE_INCOMPLETE',
      `Expected the package sharp with its binary for ${process.platform}-${process.arch} but it cannot be loaded. ${HOW_TO_GET_IT}`,
      { cause },
    );
  }
}
