import { z } from 'zod';
import { invalidArgument } from '../../errors.js';
import { parseOptions } from '../../validate.js';
import { MOTION_SIZE, type MotionEdit } from './edit-options.js';

/** Offset and width of each part in a frame, and its neutral value. */
const PARTS = {
  scale: { at: 0, width: 1, neutral: 1 },
  yaw: { at: 1, width: 1, neutral: 0 },
  pitch: { at: 2, width: 1, neutral: 0 },
  roll: { at: 3, width: 1, neutral: 0 },
  translation: { at: 4, width: 3, neutral: 0 },
  expression: { at: 7, width: 63, neutral: 0 },
} as const;
type Part = keyof typeof PARTS;
const NAMES = Object.keys(PARTS) as Part[];

/**
 * A number or numbers in a range, as a Float32Array with `width` numbers for each frame.
 *
 * @param error the expectation, such as "a number from 0 to 2, or an array of such"
 */
export function perFrame([from, to]: readonly [number, number], width: number, error: string) {
  const whole = (values: Float32Array) => values.length > 0 && values.length % width === 0;
  const fits = (value: number) => Number.isFinite(value) && value >= from && value <= to;
  const list = z
    .union([z.instanceof(Float32Array), z.array(z.number())], { error })
    .transform((values) => Float32Array.from(values));
  const values =
    width > 1
      ? list
      : z
          .union([z.number(), z.instanceof(Float32Array), z.array(z.number())], { error })
          .transform((value) => (typeof value === 'number' ? [value] : value))
          .transform((value) => Float32Array.from(value));
  return values.refine(whole, error).refine((numbers) => numbers.every((value) => fits(value)), error);
}

const ANGLES = [-180, 180] as const;
const angle = perFrame(ANGLES, 1, 'a number from -180 to 180, or an array of such,').optional();
const UNITS = [-10, 10] as const;

/** A {@link MotionEdit} as arrays. */
export const editSchema = z.strictObject(
  {
    yaw: angle,
    pitch: angle,
    roll: angle,
    scale: perFrame([0.01, 100], 1, 'a number from 0.01 to 100, or an array of such,').optional(),
    translation: perFrame(UNITS, 3, 'a multiple of three numbers from -10 to 10').optional(),
    expression: perFrame(UNITS, 63, 'a multiple of 63 numbers from -10 to 10').optional(),
  },
  { error: 'an object with yaw, pitch, roll, scale, translation and expression' },
);

/**
 * An edit for the engine: [1, 70] if every part is for all frames, otherwise [frames, 70]; empty for no edit.
 *
 * @throws KdtalkerError INVALID_ARGUMENT if two parts have different numbers of frames
 */
export function editRows(parts: z.output<typeof editSchema>): Float32Array {
  const given = NAMES.filter((name) => parts[name] !== undefined);
  if (given.length === 0) return new Float32Array();
  const counts = new Map(given.map((name) => [name, parts[name]!.length / PARTS[name].width]));
  const frames = Math.max(...counts.values());
  for (const [name, count] of counts)
    if (count !== 1 && count !== frames)
      throw invalidArgument(`${frames} frames, as another part has,`, `${name} of an edit`, count);
  const rows = new Float32Array(frames * MOTION_SIZE);
  for (const name of NAMES) fill(rows, name, parts[name] ?? neutral(name));
  return rows;
}

function neutral(name: Part): Float32Array {
  const { width, neutral: value } = PARTS[name];
  return new Float32Array(width).fill(value);
}

function fill(rows: Float32Array, name: Part, values: Float32Array): void {
  const { at, width } = PARTS[name];
  for (let first = at, from = 0; first < rows.length; first += MOTION_SIZE, from += width)
    for (let i = 0; i < width; i++) rows[first + i] = values[(from + i) % values.length]!;
}

/** Motion with an edit applied, in float32 as the engine does it. @throws KdtalkerError INVALID_ARGUMENT */
export function applyEdit(motion: Float32Array, edit: MotionEdit): Float32Array {
  const rows = editRows(parseOptions(editSchema, edit, 'the edit of a motion'));
  const frames = motion.length / MOTION_SIZE;
  checkFrames(rows.length / MOTION_SIZE, frames, 'the edit of a motion');
  if (rows.length === 0) return motion.slice();
  return motion.map((value, i) => {
    const change = rows[i % rows.length]!;
    return i % MOTION_SIZE === 0 ? value * change : value + change;
  });
}

/** Checks that values are given once for all frames or for each frame. @throws INVALID_ARGUMENT */
export function checkFrames(count: number, frames: number, name: string): void {
  if (count > 1 && count !== frames) throw invalidArgument(`${frames}, one for each frame,`, name, count);
}
