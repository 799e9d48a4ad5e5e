import { type FileHandle, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from '../../errors.js';
import { newHash, sha256 } from '../../files/hash.js';
import type { EditableGraph } from './edit.js';
import type { Graph } from './graph.js';
import { encodeModel, type TensorMessage } from './proto.js';
import type { StoredTensor } from './stored.js';
import { DATA_TYPE } from './types.js';

/** A file on the disk: its name in the folder, its size and its hash. */
export interface WrittenFile {
  file: string;
  bytes: number;
  sha256: string;
}

/** A model on the disk, with the file of its large constants, if any. */
export interface WrittenModel extends WrittenFile {
  data?: WrittenFile;
}

/** Constants of at least this number of bytes, a page, go to the second file. */
export const EXTERNAL_FROM = 4096;

/** Options of {@link writeModel}. */
export interface WriteModelOptions {
  /** Constants of at least this number of bytes go to the second file; default {@link EXTERNAL_FROM}. */
  externalFrom?: number;
  /** Called after every constant with its number of bytes; the sum is {@link Graph.externalBytes}. */
  onProgress?: (bytes: number) => void;
  signal?: AbortSignal;
}

/**
 * Writes a model as `<name>` and, if it has large constants, `<name>.data`. It computes, hashes and writes one constant at a
 * time, so memory holds at most the largest of them.
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
  const model = { file: name, bytes: bytes.byteLength, sha256: sha256(bytes) };
  if (!blocks.length) return model;
  const data = await DataFile.create(directory, location);
  try {
    for (const { length, read } of blocks) {
      throwIfAborted(options.signal, 'Writing a model');
      // The offset agrees with the layout: both start each block at a page.
      await data.block(read());
      options.onProgress?.(length);
    }
    return { ...model, data: (await data.end())! };
  } finally {
    await data.close();
  }
}

/**
 * Writes a graph that was read and changed, in the form of {@link writeModel}: it reads or computes one constant at a time, so
 * memory holds at most the largest. Progress counts the bytes of each constant's sources.
 *
 * @throws KdtalkerError ABORTED, with part of the files written; errors of reading the constants
 */
export async function writeEdited(
  graph: EditableGraph,
  directory: string,
  name: string,
  { externalFrom = EXTERNAL_FROM, onProgress, signal }: WriteModelOptions = {},
): Promise<WrittenModel> {
  const data = await DataFile.create(directory, `${name}.data`);
  try {
    const messages: TensorMessage[] = [];
    for (const [constant, tensor] of graph.constants) {
      throwIfAborted(signal, 'Writing a model');
      messages.push({ name: constant, ...(await place(data, tensor, externalFrom)) });
      onProgress?.(tensor.bytes);
    }
    const bytes = encodeModel(graph.message(messages));
    await writeFile(join(directory, name), bytes);
    const model = { file: name, bytes: bytes.byteLength, sha256: sha256(bytes) };
    const written = await data.end();
    return written ? { ...model, data: written } : model;
  } finally {
    await data.close();
  }
}

async function place(data: DataFile, tensor: StoredTensor, externalFrom: number): Promise<TensorMessage> {
  const bytes = await tensor.read();
  const { dataType } = tensor;
  const dims = [...(tensor.dims ?? [bytes.byteLength])];
  // Integers are shapes and axes, which shape inference reads before external files are open.
  if (bytes.byteLength < externalFrom || dataType === DATA_TYPE.int64)
    return { dims, dataType, rawData: bytes };
  const entry = { location: data.name, offset: `${await data.block(bytes)}`, length: `${bytes.byteLength}` };
  const externalData = Object.entries(entry).map(([key, value]) => ({ key, value }));
  return { dims, dataType, dataLocation: 1, externalData };
}

/** A file of large constants, each from a page's start on. */
class DataFile {
  readonly name: string;
  readonly #file: FileHandle;
  readonly #hash = newHash();
  #bytes = 0;

  static async create(directory: string, name: string): Promise<DataFile> {
    return new DataFile(await open(join(directory, name), 'wx'), directory, name);
  }

  private constructor(
    file: FileHandle,
    readonly directory: string,
    name: string,
  ) {
    this.#file = file;
    this.name = name;
  }

  /** Appends a block; returns its offset. */
  async block(bytes: Uint8Array): Promise<number> {
    await this.#fillPage();
    const offset = this.#bytes;
    await this.#append(bytes);
    return offset;
  }

  /** Returns the written file, with the last page filled up as if another block followed; removes a file without blocks. */
  async end(): Promise<WrittenFile | undefined> {
    await this.#fillPage();
    if (this.#bytes === 0) {
      await rm(join(this.directory, this.name));
      return undefined;
    }
    return { file: this.name, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #fillPage(): Promise<void> {
    await this.#append(new Uint8Array(-this.#bytes & (EXTERNAL_FROM - 1)));
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    await this.#file.writeFile(bytes);
    this.#bytes += bytes.byteLength;
  }
}
