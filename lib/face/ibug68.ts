import type { Point } from './geometry.js';

/**
 * For each of the 68 points of the iBUG 300-W scheme, the vertex of MediaPipe's mesh at that place.
 * Left and right are those of the picture.
 */
const MESH_OF_IBUG68: readonly number[] = [
  ...[127, 234, 93, 132, 58, 136, 150, 176], // 0..7 jaw, from the left ear down
  152, // 8 chin
  ...[400, 379, 365, 288, 361, 323, 454, 356], // 9..16 jaw, up to the right ear
  ...[70, 63, 105, 66, 107], // 17..21 left brow, outer end first
  ...[336, 296, 334, 293, 300], // 22..26 right brow, inner end first
  ...[168, 197, 5, 4], // 27..30 bridge and tip of the nose
  ...[75, 97, 2, 326, 305], // 31..35 under the nose
  ...[33, 160, 158, 133, 153, 144], // 36..41 left eye, outer corner, over the upper lid
  ...[362, 385, 387, 263, 373, 380], // 42..47 right eye, inner corner, over the upper lid
  ...[61, 39, 37, 0, 267, 269, 291], // 48..54 outer upper lip, corner to corner
  ...[405, 314, 17, 84, 181], // 55..59 outer lower lip, from the right
  ...[78, 82, 13, 312, 308], // 60..64 inner upper lip, corner to corner
  ...[317, 14, 87], // 65..67 inner lower lip, from the right
];

/**
 * For each of the 68 points, InsightFace's point at that place (2d106det.onnx; its order is not that of JD's 106 points).
 * The jaw has 33 points there; this list takes every second one. Public programs for these landmarks share the list, and it agrees
 * with the numbered drawing in InsightFace's repository (alignment/coordinate_reg). LivePortrait's crop (docs/model.md 13) also uses
 * 35, 39, 89 and 93 as corners of the eyes and 52 and 61 as corners of the mouth.
 */
export const LANDMARKS106_OF_IBUG68: readonly number[] = [
  ...[1, 10, 12, 14, 16, 3, 5, 7], // 0..7 jaw, from the left ear down
  0, // 8 chin
  ...[23, 21, 19, 32, 30, 28, 26, 17], // 9..16 jaw, up to the right ear
  ...[43, 48, 49, 51, 50], // 17..21 left brow, upper edge, outer end first
  ...[102, 103, 104, 105, 101], // 22..26 right brow, upper edge, inner end first
  ...[72, 73, 74, 86], // 27..30 bridge and tip of the nose
  ...[78, 79, 80, 85, 84], // 31..35 under the nose
  ...[35, 41, 42, 39, 37, 36], // 36..41 left eye, outer corner, over the upper lid
  ...[89, 95, 96, 93, 91, 90], // 42..47 right eye, inner corner, over the upper lid
  ...[52, 64, 63, 71, 67, 68, 61], // 48..54 outer upper lip, corner to corner
  ...[58, 59, 53, 56, 55], // 55..59 outer lower lip, from the right
  ...[65, 66, 62, 70, 69], // 60..64 inner upper lip, corner to corner
  ...[57, 60, 54], // 65..67 inner lower lip, from the right
];

/** For each of the 68 points, the point that takes its place in a mirrored face. */
export const MIRROR_OF_IBUG68: readonly number[] = [
  ...[16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  ...[26, 25, 24, 23, 22, 21, 20, 19, 18, 17],
  ...[27, 28, 29, 30, 35, 34, 33, 32, 31],
  ...[45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40],
  ...[54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55],
  ...[64, 63, 62, 61, 60, 67, 66, 65],
];

/** The 68 landmarks of a face in InsightFace's 106 points. */
export function ibug68Of106(points: readonly Point[]): Point[] {
  return LANDMARKS106_OF_IBUG68.map((index) => points[index]!);
}

/** The 68 landmarks of a mesh of 468 points. */
export function ibug68Of(mesh: readonly (readonly [number, number, ...number[]])[]): Point[] {
  return MESH_OF_IBUG68.map((vertex): Point => [mesh[vertex]![0], mesh[vertex]![1]]);
}
