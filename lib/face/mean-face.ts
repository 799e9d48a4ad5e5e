import type { Box, Point } from './geometry.js';

/**
 * 68 landmarks of an upright face, in thousandths of the height of its box from the middle: the mean of four frontal portraits and of their
 * mirror images.
 */
const MEAN_FACE: readonly Point[] = [
  // Jaw.
  ...[-421, -415, -408, -395, -368, -288, -234, -138, 0].map((x, i): Point => [x, jaw(i)]),
  ...[138, 234, 288, 368, 395, 408, 415, 421].map((x, i): Point => [x, jaw(7 - i)]),
  // Brows, then the nose.
  ...points(-350, -283, -313, -314, -256, -330, -180, -325, -92, -313),
  ...points(92, -313, 180, -325, 256, -330, 313, -314, 350, -283),
  ...points(0, -208, 0, -109, 0, -17, 0, 39, -83, 78, -49, 104, 0, 108, 49, 104, 83, 78),
  // Eyes.
  ...points(-280, -196, -240, -220, -173, -224, -106, -181, -160, -171, -224, -172),
  ...points(106, -181, 173, -224, 240, -220, 280, -196, 224, -172, 160, -171),
  // The outside of the lips, then their inside.
  ...points(-172, 207, -103, 182, -52, 178, 0, 185, 52, 178, 103, 182),
  ...points(172, 207, 96, 291, 52, 311, 0, 317, -52, 311, -96, 291),
  ...points(-149, 207, -41, 212, 0, 215, 41, 212, 149, 207, 43, 257, 0, 260, -43, 257),
];

/** Heights of the jaw's points, from the ear to the chin. */
function jaw(index: number): number {
  return [-187, -103, -16, 77, 177, 324, 382, 463, 500][index]!;
}

function points(...values: number[]): Point[] {
  return Array.from({ length: values.length / 2 }, (_, i): Point => [values[2 * i]!, values[2 * i + 1]!]);
}

/** Its width, as a share of its height. */
const WIDTH = 0.842;

/** The landmarks of a mean face that fills a box: left, top, width, height at pixel edges. */
export function meanFaceIn([left, top, width, height]: Box): Point[] {
  return MEAN_FACE.map(
    ([x, y]): Point => [
      left + width / 2 - 0.5 + (x / 1000 / WIDTH) * width,
      top + height / 2 - 0.5 + (y / 1000) * height,
    ],
  );
}
