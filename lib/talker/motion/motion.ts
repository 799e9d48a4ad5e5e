import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { invalidArgument, KdtalkerError } from '../../errors.js';
import { writeWholeFile } from '../../files/whole-file.js';
import { checkPath, parseFile } from '../../validate.js';
import { MOTION_SIZE, type MotionEdit } from './edit-options.js';
import { applyEdit } from './motion-edit.js';

export { MOTION_SIZE } from './edit-options.js';

/** One frame of motion. Angles in degrees; translation and expression in crop units (the crop is 2 wide). */
export interface MotionFrame {
  scale: number;
  yaw: number;
  pitch: number;
  roll: number;
  translation: [x: number, y: number, z: number];
  /** [21, 3], row-major. */
  expression: number[];
}

const FORMAT = 'kdtalker-motion';
const finite = z.number({ error: 'a finite number' });
const FPS = 'a number from 1 to 1000';
const fpsSchema = z.number({ error: FPS }).min(1, FPS).max(1000, FPS);
const frameSchema = z.strictObject(
  {
    scale: finite,
    yaw: finite,
    pitch: finite,
    roll: finite,
    translation: z.tuple([finite, finite, finite], { error: 'three numbers' }),
    expression: z.array(finite, { error: '63 numbers' }).length(63, '63 numbers'),
  },
  { error: 'a frame of motion' },
);
const fileSchema = z.strictObject(
  {
    format: z.literal(FORMAT, { error: `'${FORMAT}'` }),
    version: z.literal(1, { error: '1' }),
    fps: fpsSchema,
    frames: z.array(frameSchema, { error: 'a list of frames' }).min(1, 'at least one frame'),
  },
  { error: 'a motion file' },
);

/**
 * The movement of a head, frame by frame: {@link Clip.motion} returns it and `talker.animate(portrait, motion)` replays it.
 * Values are float32, so a motion that was saved and loaded replays to the same bytes.
 *
 * @example
 * const motion = await talker.animate(portrait, 'speech.wav').motion()
 * await motion.save('nod.json')
 * await talker.animate(other, await Motion.load('nod.json')).save('nod.mp4')
 *
 * @example
 * // A new motion: the head is turned, and lowered after two seconds.
 * const turned = motion.edit({ yaw: 8, pitch: Float32Array.from({ length: motion.frames }, (_, i) => (i < 50 ? 0 : -5)) })
 */
export class Motion {
  /** [frames, 70], row-major: scale, yaw, pitch, roll, tx, ty, tz, expression (21 x 3). */
  readonly values: Float32Array;
  /** Frames per second. */
  readonly fps: number;

  /**
   * @param fps frames a second, 1 to 1000
   * @throws KdtalkerError MOTION_INVALID unless `values` is a positive multiple of 70 finite
   * numbers, INVALID_ARGUMENT
   */
  constructor(values: Float32Array, fps = 25) {
    if (!(values instanceof Float32Array))
      throw invalidArgument('a Float32Array', 'the values of a motion', values);
    if (values.length === 0 || values.length % MOTION_SIZE !== 0 || !values.every(Number.isFinite)) {
      throw new KdtalkerError(
        'MOTION_INVALID',
        `Expected a multiple of ${MOTION_SIZE} finite numbers for a motion but received ${values.length} values`,
      );
    }
    checkFps(fps);
    this.values = values;
    this.fps = fps;
  }

  /** Number of frames. */
  get frames(): number {
    return this.values.length / MOTION_SIZE;
  }

  /** A copy of one frame. @throws KdtalkerError INVALID_ARGUMENT if there is no such frame. */
  frame(index: number): MotionFrame {
    if (!Number.isInteger(index) || index < 0 || index >= this.frames) {
      throw invalidArgument(`an integer from 0 to ${this.frames - 1}`, 'the index of a frame', index);
    }
    const [scale, yaw, pitch, roll, x, y, z, ...expression] = this.values.subarray(
      index * MOTION_SIZE,
      (index + 1) * MOTION_SIZE,
    ) as unknown as [number, number, number, number, number, number, number, ...number[]];
    return { scale, yaw, pitch, roll, translation: [x, y, z], expression };
  }

  /**
   * A new motion with changes in every frame; this one does not change. In absolute mode the renderer uses the portrait's own size and
   * `scale` has no effect; give `edit` to `talker.animate()` instead.
   *
   * @param change numbers to add to each part, for all frames or for each one; or a function that receives a copy of each frame and its
   * index, and returns the new frame or only the parts that change
   * @throws KdtalkerError INVALID_ARGUMENT for an invalid edit or one for another number of frames, MOTION_INVALID for an invalid result
   * of the function
   */
  edit(change: MotionEdit | ((frame: MotionFrame, index: number) => Partial<MotionFrame>)): Motion {
    if (typeof change !== 'function') return new Motion(applyEdit(this.values, change), this.fps);
    const frames = Array.from({ length: this.frames }, (_, index) => ({
      ...this.frame(index),
      ...change(this.frame(index), index),
    }));
    return Motion.from(frames, this.fps);
  }

  /**
   * A new motion with the frames from `first` to before `last`.
   *
   * @throws KdtalkerError INVALID_ARGUMENT if the range is empty or exceeds the frames
   */
  slice(first: number, last: number = this.frames): Motion {
    const inside = Number.isInteger(first) && Number.isInteger(last) && first >= 0 && last <= this.frames;
    if (!inside || first >= last)
      throw invalidArgument(
        `frames between 0 and ${this.frames}`,
        'a slice of a motion',
        `${first}..${last}`,
      );
    return new Motion(this.values.slice(first * MOTION_SIZE, last * MOTION_SIZE), this.fps);
  }

  /**
   * The same movement at another rate, with linear interpolation of all 70 numbers. `animate()` resamples a motion to the pack's rate like
   * this.
   *
   * @param fps frames a second, 1 to 1000
   * @returns this motion if it already has that rate
   * @throws KdtalkerError INVALID_ARGUMENT
   * @example
   * const smooth = (await Motion.load('driver.json')).resampled(50)
   */
  resampled(fps: number): Motion {
    if (fps === this.fps) return this;
    const { frames, values } = this;
    checkFps(fps);
    const count = Math.max(1, Math.round((frames * fps) / this.fps));
    const result = new Float32Array(count * MOTION_SIZE);
    for (let i = 0; i < count; i++) {
      const at = Math.min((i * this.fps) / fps, frames - 1);
      const [from, to] = [Math.floor(at) * MOTION_SIZE, Math.ceil(at) * MOTION_SIZE];
      const share = at - Math.floor(at);
      for (let c = 0; c < MOTION_SIZE; c++)
        result[i * MOTION_SIZE + c] = (1 - share) * values[from + c]! + share * values[to + c]!;
    }
    return new Motion(result, fps);
  }

  /** A motion from frames, for instance edited ones. @throws KdtalkerError MOTION_INVALID. */
  static from(frames: readonly MotionFrame[], fps = 25): Motion {
    const file = parseFile(
      fileSchema,
      { format: FORMAT, version: 1, fps, frames },
      'a motion',
      'MOTION_INVALID',
    );
    return new Motion(Float32Array.from(file.frames.flatMap(flatten)), fps);
  }

  /**
   * Writes the motion as JSON; the file gets its name only when it is complete.
   * @throws KdtalkerError OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL.
   */
  async save(file: string): Promise<void> {
    checkPath(file, 'the motion file');
    const frames = Array.from({ length: this.frames }, (_, i) => this.frame(i));
    await writeWholeFile(file, JSON.stringify({ format: FORMAT, version: 1, fps: this.fps, frames }));
  }

  /** Reads a motion written by {@link save}. @throws KdtalkerError FILE_NOT_FOUND, MOTION_INVALID. */
  static async load(file: string): Promise<Motion> {
    checkPath(file, 'the motion file');
    const { frames, fps } = parseFile(
      fileSchema,
      await readJson(file),
      `the motion in '${file}'`,
      'MOTION_INVALID',
    );
    return new Motion(Float32Array.from(frames.flatMap(flatten)), fps);
  }
}

function checkFps(fps: number): void {
  if (!fpsSchema.safeParse(fps).success) throw invalidArgument(FPS, 'the fps of a motion', fps);
}

function flatten({ scale, yaw, pitch, roll, translation, expression }: MotionFrame): number[] {
  return [scale, yaw, pitch, roll, ...translation, ...expression];
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new KdtalkerError('FILE_NOT_FOUND', `Expected a motion file at '${file}' but it cannot be read`, {
      cause,
    });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KdtalkerError(
      'MOTION_INVALID',
      `Expected JSON for the motion in '${file}' but received other text`,
      { cause },
    );
  }
}
