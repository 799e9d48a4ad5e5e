import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { convertPack } from '../../../dist/index.js';
import { convertOptions } from '../../checkpoints.js';
import { measureCalls } from '../../measure.js';

/** Converts the released checkpoints to a pack on disk. */
export async function convert(settings) {
  const folder = mkdtempSync(path.join(settings.folder, 'converted-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  let made = 0;
  return measureCalls(settings, () =>
    convertPack({ ...convertOptions(settings.checkpoints), directory: path.join(folder, `${made++}`) }),
  );
}
