import { asKdtalkerError, KdtalkerError } from '../../errors.js';
import { type ByteStore, FileStore } from './byte-store.js';
import { damaged, quoted } from './damaged.js';
import { toFloats } from './element-types.js';
import { flattenTensors } from './flatten.js';
import { isNumpy, openNumpy, openNumpyArchive } from './numpy-file.js';
import type { PythonValue } from './python-values.js';
import { isSafetensors, openSafetensors } from './safetensors-file.js';
import type { LoadedTensor, TensorInfo, TensorView } from './tensor-view.js';
import { readTorchLegacy } from './torch-legacy.js';
import { findPickle, readTorchZip } from './torch-zip.js';
import type { Unpickled } from './unpickle.js';
import { ZipArchive } from './zip.js';

/** The supported kinds of files. */
export type CheckpointFormat = 'torch-zip' | 'torch-legacy' | 'safetensors' | 'npz' | 'npy';

interface Contents {
  format: CheckpointFormat;
  tensors: Map<string, TensorView>;
  values: PythonValue;
}

/** Name of the array in a plain .npy file; numpy uses the same name in an .npz. */
const ONLY_ARRAY = 'arr_0';

/**
 * An open file of tensors. Opening reads only the list of tensors; each tensor is read on request,
 * so a large file costs only the tensors that the caller uses.
 */
export class Checkpoint {
  readonly format: CheckpointFormat;
  /** Every tensor by its path of keys, joined by dots. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The file's value with dicts as Maps and tuples as arrays; a .safetensors file's free strings; null for numpy files. */
  readonly values: PythonValue;
  private readonly views: Map<string, TensorView>;
  private closed = false;

  /** @internal Use {@link openCheckpoint}. */
  constructor(
    /** The file's path as the caller gave it. */
    readonly file: string,
    private readonly store: FileStore,
    contents: Contents,
  ) {
    this.format = contents.format;
    this.views = contents.tensors;
    this.tensors = contents.tensors;
    this.values = contents.values;
  }

  /**
   * Reads a tensor, row-major, in its own element type (halves as their 16 bits).
   *
   * @throws KdtalkerError INVALID_ARGUMENT for an unknown name, CHECKPOINT_INVALID for a damaged file, CLOSED
   */
  async read(name: string): Promise<LoadedTensor> {
    if (this.closed)
      throw new KdtalkerError('CLOSED', `Expected an open checkpoint but ${this.file} was closed`);
    const view = this.views.get(name);
    if (!view)
      throw new KdtalkerError(
        'INVALID_ARGUMENT',
        `Expected the name of a tensor of ${this.file} but received ${quoted(name)}`,
      );
    return view.load().catch((error: unknown) => {
      throw inFile(error, this.file);
    });
  }

  /** Reads a tensor of any element type as float32, row-major. Throws as {@link read}. */
  async floats(name: string): Promise<Float32Array> {
    const { dtype, data } = await this.read(name);
    return toFloats(dtype, data);
  }

  /** Closes the file. May be called again. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Opens a file of tensors: PyTorch's in either container (.pth, .pt), .safetensors, .npz or .npy, recognised by its bytes.
 * Runs no Python and no code of the file; a damaged or hostile file causes an error within bounded time and memory.
 *
 * @throws KdtalkerError FILE_NOT_FOUND, CHECKPOINT_INVALID
 * @example
 * const checkpoint = await openCheckpoint('wav2lip.pth')
 * const weight = await checkpoint.floats('state_dict.module.audio_encoder.0.conv_block.0.weight')
 * await checkpoint.close()
 */
export async function openCheckpoint(file: string): Promise<Checkpoint> {
  const store = await FileStore.open(file);
  try {
    return new Checkpoint(file, store, await readContents(store));
  } catch (error) {
    await store.close();
    throw inFile(error, file);
  }
}

async function readContents(store: ByteStore): Promise<Contents> {
  const start = await store.read(0, Math.min(store.size, 16));
  if (Buffer.from(start).toString('latin1', 0, 4) === 'PK\x03\x04') return readArchive(store);
  if (isNumpy(start)) return named('npy', new Map([[ONLY_ARRAY, await openNumpy(store)]]));
  if (start[0] === 0x80) return fromPickle('torch-legacy', await readTorchLegacy(store));
  if (!isSafetensors(start))
    throw damaged('Expected a .pth, .safetensors, .npz or .npy file but received other bytes');
  const { tensors, metadata } = await openSafetensors(store);
  return { ...named('safetensors', tensors), values: new Map(metadata) };
}

async function readArchive(store: ByteStore): Promise<Contents> {
  const archive = await ZipArchive.open(store);
  const pickle = findPickle(archive);
  if (!pickle) return named('npz', await openNumpyArchive(archive));
  return fromPickle('torch-zip', await readTorchZip(archive, pickle));
}

function named(format: CheckpointFormat, tensors: Map<string, TensorView>): Contents {
  for (const tensor of tensors.values()) tensor.check();
  return { format, tensors, values: null };
}

function fromPickle(format: CheckpointFormat, { value }: Unpickled): Contents {
  return { format, tensors: flattenTensors(value), values: value };
}

/** Adds the file's name to an error; an unknown error becomes CHECKPOINT_INVALID, since a malformed file caused it. */
function inFile(error: unknown, file: string): KdtalkerError {
  const known = asKdtalkerError(error, 'CHECKPOINT_INVALID', 'Expected a readable checkpoint');
  return new KdtalkerError(known.code, `${known.message} (in ${file})`, { cause: known.cause ?? error });
}
