import { createHash } from 'node:crypto';
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from '../../errors.js';
import type { ConstantBlock, Graph } from './graph.js';

/** A file on the disk: its name in the folder, its size and its hash. */
export interface WrittenFile {
  file: string;
  bytes: number;
  sha256: string;
}

/** A model on the disk, with the file of its large constants where it has any. */
export interface WrittenModel extends WrittenFile {
  data?: WrittenFile;
}

/** Constants of so many bytes, a page, are worth a place in the second file. */
export const EXTERNAL_FROM = 4096;

/** Options of {@link writeModel}. */
export interface WriteModelOptions {
  /** Constants of so many bytes or more go to the second file; default {@link EXTERNAL_FROM}. */
  externalFrom?: number;
  /** Told after every constant how many bytes it has; in all, as many as {@link Graph.externalBytes}. */
  onProgress?: (bytes: number) => void;
  signal?: AbortSignal;
}

/**
 * Writes a model as `<name>` and, where it has large constants, `<name>.data`. One constant at a time is made, hashed and
 * written, so memory holds no more than the largest of them.
 *
 * @throws KdtalkerError ABORTED, with part of the files written
 */
export async function writeModel(
  graph: Graph,
  directory: string,
  name: string,
  options: WriteModelOptions = {},
): Promise<WrittenModel> {
  const location = `${name}.data`;
  const { bytes, blocks } = graph.layOut(location, options.externalFrom ?? EXTERNAL_FROM);
  await writeFile(join(directory, name), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const model = { file: name, bytes: bytes.byteLength, sha256 };
  if (!blocks.length) return model;
  const data = await open(join(directory, location), 'wx');
  try {
    return { ...model, data: { file: location, ...(await writeBlocks(data, blocks, options)) } };
  } finally {
    await data.close();
  }
}

async function writeBlocks(
  file: FileHandle,
  blocks: readonly ConstantBlock[],
  { onProgress, signal }: WriteModelOptions,
): Promise<Omit<WrittenFile, 'file'>> {
  const hash = createHash('sha256');
  let end = 0;
  const append = async (bytes: Uint8Array) => {
    hash.update(bytes);
    await file.writeFile(bytes);
    end += bytes.byteLength;
  };
  for (const { offset, length, read } of blocks) {
    throwIfAborted(signal, 'Writing a model');
    await append(new Uint8Array(offset - end));
    await append(read());
    onProgress?.(length);
  }
  // The file ends with a page, as if another block followed.
  await append(new Uint8Array(-end & 4095));
  return { bytes: end, sha256: hash.digest('hex') };
}
