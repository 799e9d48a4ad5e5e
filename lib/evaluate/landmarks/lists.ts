/** Vertices of MediaPipe's mesh that THEval's metrics measure. Left and right are those of the person. */

export const LIPS: readonly number[] = [
  ...[0, 13, 14, 17, 37, 39, 40, 61, 78, 80, 81, 82, 84, 87, 88, 91, 95, 146, 178, 181],
  ...[185, 191, 267, 269, 270, 291, 308, 310, 311, 312, 314, 317, 318, 321, 324, 375, 402, 405, 409, 415],
];

/** The inner edge of the upper lip, and below each point that of the lower lip. */
export const UPPER_LIP: readonly number[] = [191, 80, 81, 82, 13, 312, 311, 310];
export const LOWER_LIP: readonly number[] = [95, 88, 178, 87, 14, 317, 402, 318];

export const LEFT_BROW: readonly number[] = [276, 282, 283, 285, 293, 295, 296, 300, 334, 336];
export const RIGHT_BROW: readonly number[] = [46, 52, 53, 55, 63, 65, 66, 70, 105, 107];
export const LEFT_EYE: readonly number[] = [
  ...[249, 263, 362, 373, 374, 380, 381, 382, 384, 385, 386, 387, 388, 390, 398, 466],
];
export const RIGHT_EYE: readonly number[] = [
  ...[7, 33, 133, 144, 145, 153, 154, 155, 157, 158, 159, 160, 161, 163, 173, 246],
];

/** Corners of the eyes: outer and inner one of the right eye, inner and outer one of the left. */
export const EYE_CORNERS = { rightOuter: 33, rightInner: 133, leftInner: 362, leftOuter: 263 } as const;

/** The 68 points whose speed shows beats of motion, as KDTalker's evaluation lists them; some occur twice. */
export const BEAT_POINTS: readonly number[] = [
  ...[10, 109, 67, 103, 54, 21, 162, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 152, 377, 400, 378, 379],
  ...[
    365, 397, 288, 361, 323, 454, 356, 389, 251, 284, 389, 253, 450, 447, 376, 433, 432, 287, 285, 295, 282,
  ],
  ...[
    276, 283, 278, 295, 197, 332, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 91, 146, 61, 185, 40,
  ],
  ...[39, 37, 0, 267, 269],
];
