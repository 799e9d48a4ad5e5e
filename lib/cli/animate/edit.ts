import { readFile } from 'node:fs/promises';
import { KdtalkerError } from '../../errors.js';
import { checkInputFile } from '../../media/input.js';
import type { MotionEdit } from '../../talker/motion/edit-options.js';

/** Reads the JSON of a {@link MotionEdit}, with plain arrays; the library validates it. @throws FILE_NOT_FOUND, INVALID_ARGUMENT */
export async function readEdit(file: string): Promise<MotionEdit> {
  await checkInputFile(file, 'edit');
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text) as MotionEdit;
  } catch (cause) {
    throw new KdtalkerError(
      'INVALID_ARGUMENT',
      `Expected JSON such as {"yaw": 5, "pitch": [0, 1, 2]} in '${file}', given for --edit, but received other text`,
      { cause },
    );
  }
}
