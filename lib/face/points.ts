import { KdtalkerError } from '../errors.js';
import type { Point } from './geometry.js';

/** Pairs of numbers as points. Throws PACK_DAMAGED for numbers that are not finite: an intact network never returns them. */
export function pointsOf(values: Float32Array): Point[] {
  if (!values.every(Number.isFinite))
    throw new KdtalkerError(
      'PACK_DAMAGED',
      'Expected finite numbers from the networks for landmarks but received others. Convert or download the pack again',
    );
  return Array.from({ length: values.length / 2 }, (_, i): Point => [values[2 * i]!, values[2 * i + 1]!]);
}
