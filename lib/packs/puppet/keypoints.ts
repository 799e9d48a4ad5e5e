/**
 * The 21 keypoints of the puppet face. Crop coordinates: x right, y down, z into the screen, [-1, 1] over the crop.
 * L and R are left and right in the picture. Of each eye, lidUp is at the
 * outer corner and lidLo at the inner one, at the heights of the lids.
 */
export const KEYPOINTS = {
  crown: { index: 0, at: [0, -0.8, -0.153] },
  templeL: { index: 1, at: [-0.56, -0.35, -0.013] },
  templeR: { index: 2, at: [0.56, -0.35, -0.013] },
  earL: { index: 3, at: [-0.6, 0.1, -0.034] },
  earR: { index: 4, at: [0.6, 0.1, -0.034] },
  cheekL: { index: 5, at: [-0.36, 0.22, -0.349] },
  cheekR: { index: 6, at: [0.36, 0.22, -0.349] },
  nose: { index: 7, at: [0, 0.22, -0.721] },
  browL: { index: 8, at: [-0.243, -0.2, -0.431] },
  browR: { index: 9, at: [0.243, -0.2, -0.431] },
  lidUpL: { index: 10, at: [-0.35, -0.0805, -0.365] },
  lidUpR: { index: 11, at: [0.35, -0.0805, -0.365] },
  lidLoL: { index: 12, at: [-0.136, -0.0245, -0.528] },
  lidLoR: { index: 13, at: [0.136, -0.0245, -0.528] },
  jawL: { index: 14, at: [-0.44, 0.55, -0.136] },
  jawR: { index: 15, at: [0.44, 0.55, -0.136] },
  chin: { index: 16, at: [0, 0.86, -0.19] },
  mouthL: { index: 17, at: [-0.19, 0.462, -0.428] },
  mouthR: { index: 18, at: [0.19, 0.462, -0.428] },
  lipUp: { index: 19, at: [0, 0.46, -0.522] },
  lipLo: { index: 20, at: [0, 0.484, -0.51] },
} as const satisfies Record<string, { index: number; at: readonly [number, number, number] }>;

export type KeypointName = keyof typeof KEYPOINTS;

/** Names in the order of their indices. */
export const KEYPOINT_NAMES = Object.keys(KEYPOINTS) as KeypointName[];

/** 21 rows of x, y, z. */
export const KEYPOINT_TABLE: readonly (readonly [number, number, number])[] = KEYPOINT_NAMES.map(
  (name) => KEYPOINTS[name].at,
);

/** The keypoints that expressions never move: the head's pose is fitted to them. */
export const RIGID: readonly KeypointName[] = KEYPOINT_NAMES.slice(0, 8);

/** The keypoints that the voice moves. */
export const MOUTH = [
  'jawL',
  'jawR',
  'chin',
  'mouthL',
  'mouthR',
  'lipUp',
  'lipLo',
] as const satisfies readonly KeypointName[];

/** The row where the lips part when the mouth of {@link KEYPOINTS} is shut, and the distance of each lip from it. */
export const SEAM = { y: 0.472, lip: 0.012 } as const;

/** How far chin and jaw follow when the seam of a face is not at {@link SEAM}. */
export const JAW_FOLLOWS_SEAM = 0.4;
