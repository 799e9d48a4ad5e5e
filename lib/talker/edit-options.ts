/** Values in one frame of motion: scale, yaw, pitch, roll, translation (3), expression (21 keypoints x 3). */
export const MOTION_SIZE = 70;

/** One value for all frames, or one for each in an array. */
export type PerFrame = number | Float32Array | readonly number[];

/**
 * Changes of a motion, frame by frame. Each part is for all frames, or an array with something for each; parts that are not
 * there stay as they are.
 */
export interface MotionEdit {
  /** Degrees that are added. */
  yaw?: PerFrame | undefined;
  pitch?: PerFrame | undefined;
  roll?: PerFrame | undefined;
  /** Factor of the head's size, above 0. */
  scale?: PerFrame | undefined;
  /** What is added, in crop units (the crop is 2 wide, y down): 3 numbers for all frames, or [frames, 3] in a row. */
  translation?: Float32Array | readonly number[] | undefined;
  /** What is added: 63 numbers (21 keypoints x 3) for all frames, or [frames, 63] in a row. */
  expression?: Float32Array | readonly number[] | undefined;
}
