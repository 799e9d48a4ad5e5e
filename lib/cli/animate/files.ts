import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { KdtalkerError } from '../../errors.js';
import { readFully } from '../../files/whole-io.js';
import { wrongValue } from '../option.js';
import { STANDARD_INPUT } from '../standard-streams.js';

/** A portrait file is a .safetensors file: the size of its header, 8 bytes little endian, and the header, JSON. */
const SIZE_BYTES = 8;

/** Whether a file is a saved portrait and not a picture, by its content. False for a file that cannot be read. */
export async function isPortraitFile(path: string): Promise<boolean> {
  const isFile = await stat(path)
    .then((status) => status.isFile())
    .catch(() => false);
  if (!isFile) return false; // a pipe yields its bytes only once
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const head = Buffer.alloc(SIZE_BYTES + 1);
    const there = await readFully(file, head, 0);
    const { size } = await file.stat();
    return there > SIZE_BYTES && head[SIZE_BYTES] === 0x7b && head.readBigUInt64LE() < size;
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

const INPUTS = ['portrait', 'source-video', 'speech', 'motion', 'edit'] as const;
const OUTPUTS = ['out', 'save-portrait', 'save-motion'] as const;

/**
 * Checks that no output would replace an input or another output, and with `--no-overwrite` that no output exists. `outputs` holds names of
 * options.
 *
 * @throws INVALID_ARGUMENT, OUTPUT_UNWRITABLE
 */
export async function checkOutputs(
  values: { readonly 'no-overwrite'?: boolean },
  inputs: readonly string[] = INPUTS,
  outputs: readonly string[] = OUTPUTS,
): Promise<void> {
  const taken = new Map<string, string>();
  for (const name of [...inputs, ...outputs]) {
    const path = (values as Record<string, string | undefined>)[name];
    if (path === undefined || isStandardStream(name, path)) continue;
    const place = await placeOf(path);
    const other = taken.get(place);
    const isOutput = outputs.includes(name);
    if (isOutput && other !== undefined)
      throw wrongValue(`another file than that of --${other}`, `--${name}`, path);
    if (isOutput && values['no-overwrite']) await refuseExisting(path);
    taken.set(place, name);
  }
}

/** Options whose value '-' is not a file name. */
const STREAMED = ['portrait', 'speech', 'out'];

function isStandardStream(name: string, path: string): boolean {
  return path === STANDARD_INPUT && STREAMED.includes(name);
}

/** The same name for the same file, through links, also before it exists. */
async function placeOf(path: string): Promise<string> {
  const whole = resolve(path);
  const folder = await realpath(dirname(whole)).catch(() => dirname(whole));
  return realpath(whole).catch(() => join(folder, basename(whole)));
}

async function refuseExisting(path: string): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (!status?.isFile()) return; // the frames of a folder are checked when they are written
  const message = `Expected a new file but '${path}' exists. Choose another name, or leave out --no-overwrite.`;
  throw new KdtalkerError('OUTPUT_UNWRITABLE', message);
}
