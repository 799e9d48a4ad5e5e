import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { KdtalkerError } from '../../errors.js';
import { readFully } from '../../files/whole-io.js';
import { wrongValue } from '../option.js';
import { STANDARD_INPUT } from '../standard-streams.js';

/** A portrait file is a .safetensors file: the size of its header, 8 bytes little endian, and the header, JSON. */
const SIZE_BYTES = 8;

/** Whether a file is a saved portrait and not a picture, told by its content. False for what cannot be read. */
export async function isPortraitFile(path: string): Promise<boolean> {
  const isFile = await stat(path)
    .then((status) => status.isFile())
    .catch(() => false);
  if (!isFile) return false; // a pipe gives its bytes once
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
 * That no output, an option of `outputs` by its name, is an input or another output, which it would replace, and that none exists where that is unwanted.
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

/** Options for which '-' is no file. */
const STREAMED = ['portrait', 'speech', 'out'];

function isStandardStream(name: string, path: string): boolean {
  return path === STANDARD_INPUT && STREAMED.includes(name);
}

/** One name for one file, through links, also before it exists. */
async function placeOf(path: string): Promise<string> {
  const whole = resolve(path);
  const folder = await realpath(dirname(whole)).catch(() => dirname(whole));
  return realpath(whole).catch(() => join(folder, basename(whole)));
}

async function refuseExisting(path: string): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (!status?.isFile()) return; // frames in a folder are looked at when they are written
  const message = `Expected a new file but '${path}' exists. Choose another name, or leave out --no-overwrite.`;
  throw new KdtalkerError('OUTPUT_UNWRITABLE', message);
}
