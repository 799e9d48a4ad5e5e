import type { PackManifest, Regions } from './manifest.js';

/** The driver's parts that move the portrait, with the names of docs/model.md 14. */
export const REGIONS = ['all', 'exp', 'pose', 'lip', 'eyes'] as const;
export type Region = (typeof REGIONS)[number];

/** Values of a frame of motion: scale, yaw, pitch, roll, translation (3), expression (21 x 3). */
const MOTION_SIZE = 70;
const POSE = [1, 2, 3, 4, 5, 6] as const;
const EXPRESSION = 7;

const whole = (...keypoints: number[]): Regions['exp'] =>
  keypoints.map((keypoint) => ({ keypoint, axes: 'xyz' }));

/** LivePortrait's regions (docs/model.md 14), the default of packs. */
const LIVEPORTRAIT: Regions = {
  exp: [
    ...whole(1, 2, 6, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20),
    { keypoint: 3, axes: 'y' },
    { keypoint: 4, axes: 'y' },
    { keypoint: 5, axes: 'z' },
    { keypoint: 8, axes: 'z' },
    { keypoint: 9, axes: 'yz' },
  ],
  lip: whole(6, 12, 14, 17, 19, 20),
  eyes: whole(11, 13, 15, 16, 18),
};

/**
 * A mask [70] of 1 and 0: numbers of a frame of motion with 1 follow the driver in a region, the others stay the portrait's.
 * Undefined for `'all'`, where every number follows, including the scale (which matters in relative mode only).
 */
export function regionMask(region: Region, manifest: PackManifest): Uint8Array | undefined {
  if (region === 'all') return undefined;
  const mask = new Uint8Array(MOTION_SIZE);
  if (region === 'pose') for (const at of POSE) mask[at] = 1;
  else for (const at of expressionOf(region, manifest)) mask[at] = 1;
  return mask;
}

/** A mask of the numbers that move the mouth, [70] of 1 and 0. */
export function lipMask(manifest: PackManifest): Uint8Array {
  return regionMask('lip', manifest)!;
}

function expressionOf(region: 'exp' | 'lip' | 'eyes', { regions = LIVEPORTRAIT }: PackManifest): number[] {
  return regions[region].flatMap(({ keypoint, axes }) =>
    [...axes].map((axis) => EXPRESSION + 3 * keypoint + 'xyz'.indexOf(axis)),
  );
}
