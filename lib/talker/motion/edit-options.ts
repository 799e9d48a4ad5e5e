/** Values in one frame of motion: scale, yaw, pitch, roll, translation (3), expression (21 keypoints x 3). */
export const MOTION_SIZE = 70;

/** One value for all frames, or an array with one for each frame. */
export type PerFrame = number | Float32Array | readonly number[];

/**
 * Changes of a motion, frame by frame. Each part is given for all frames or for each one; missing parts do not change.
 */
export interface MotionEdit {
  /** Degrees to add. */
  yaw?: PerFrame | undefined;
  pitch?: PerFrame | undefined;
  roll?: PerFrame | undefined;
  /** Factor for the size of the head, above 0. */
  scale?: PerFrame | undefined;
  /** Numbers to add, in crop units (the crop is 2 wide, y down): 3 numbers for all frames, or [frames, 3], row-major. */
  translation?: Float32Array | readonly number[] | undefined;
  /** Numbers to add: 63 numbers (21 keypoints x 3) for all frames, or [frames, 63], row-major. */
  expression?: Float32Array | readonly number[] | undefined;
}
