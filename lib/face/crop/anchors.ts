import { KdtalkerError } from '../../errors.js';
import { length, mean, type Point, subtract } from '../geometry.js';

/** Eyes and mouth of 68 landmarks (0-based iBUG order), as the FFHQ alignment uses them. */
export interface FaceAnchors {
  readonly eyeLeft: Point;
  readonly eyeRight: Point;
  /** Middle between the eyes. */
  readonly eyes: Point;
  /** Middle between the corners of the mouth. */
  readonly mouth: Point;
}

/** Left and right are those of the picture. */
export function faceAnchors(landmarks: readonly Point[]): FaceAnchors {
  const eyeLeft = mean(landmarks.slice(36, 42));
  const eyeRight = mean(landmarks.slice(42, 48));
  return {
    eyeLeft,
    eyeRight,
    eyes: mean([eyeLeft, eyeRight]),
    mouth: mean([landmarks[48]!, landmarks[54]!]),
  };
}

/** Throws when the landmarks are too close together to give the size and angle of the face. */
export function requireExtent(span: number): void {
  if (span >= 1) return;
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected eyes and mouth at least one pixel apart for landmarks but received ${span.toPrecision(2)} px; ` +
      'give 68 [x, y] points in pixels of the picture',
  );
}

/** Distance between the eyes, and distance from the eyes to the mouth. */
export function faceExtent(anchors: FaceAnchors): { eyeDistance: number; eyeToMouth: number } {
  const eyeDistance = length(subtract(anchors.eyeRight, anchors.eyeLeft));
  const eyeToMouth = length(subtract(anchors.mouth, anchors.eyes));
  requireExtent(Math.max(eyeDistance, eyeToMouth));
  return { eyeDistance, eyeToMouth };
}
