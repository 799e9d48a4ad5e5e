import { type ByteStore, StorePart } from './byte-store.js';
import { damaged, LIMITS, quoted } from './damaged.js';
import { numpyType } from './numpy-scalar.js';
import { rowMajor, TensorView } from './tensor-view.js';
import type { ZipArchive } from './zip.js';

const MAGIC = '\x93NUMPY';
/** Magic, version, and the longest field for the header's length. */
const PREFIX = 12;

interface Header {
  descr: string;
  fortran: boolean;
  dims: number[];
  /** Bytes before the elements. */
  length: number;
}

/** Whether the first bytes of a file are those of a numpy array. */
export function isNumpy(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

/** Reads the header of an .npy file of version 1 to 3. Throws for objects and structures: they contain pickles. */
export async function openNumpy(store: ByteStore): Promise<TensorView> {
  const start = await store.read(0, Math.min(store.size, PREFIX + LIMITS.numpyHeaderBytes));
  return viewNumpy(store, start);
}

/** The arrays of an .npz archive by their names without `.npy`. */
export async function openNumpyArchive(archive: ZipArchive): Promise<Map<string, TensorView>> {
  const views = new Map<string, TensorView>();
  for (const [name, entry] of archive.entries) {
    if (!name.endsWith('.npy'))
      throw damaged(`Expected .npy files in the archive but received ${quoted(name)}`);
    const start = await entry.head(PREFIX + 1024);
    views.set(name.slice(0, -'.npy'.length), viewNumpy(entry, start));
  }
  return views;
}

function viewNumpy(store: ByteStore, start: Uint8Array): TensorView {
  const { descr, fortran, dims, length } = readHeader(start);
  const type = numpyType(descr.slice(1));
  if (!type || !'<>|='.includes(descr[0]!))
    throw damaged(`Expected numbers in a numpy array but received elements of type ${quoted(descr)}`);
  const strides = fortran ? rowMajor([...dims].reverse()).reverse() : rowMajor(dims);
  const body = new StorePart(store, length, store.size - length, descr[0] === '>');
  return new TensorView(body, type, dims, strides, 0);
}

function readHeader(start: Uint8Array): Header {
  if (!isNumpy(start) || start.length < PREFIX)
    throw damaged('Expected a numpy array but received other bytes');
  const view = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  const version = view[6]!;
  if (version < 1 || version > 3)
    throw damaged(`Expected a numpy file of version 1, 2 or 3 but received version ${version}`);
  const prefix = version === 1 ? 10 : 12;
  const length = prefix + (version === 1 ? view.readUInt16LE(8) : view.readUInt32LE(8));
  if (length > view.length)
    throw damaged(`Expected a numpy header of at most ${view.length} bytes but received one of ${length}`);
  return { ...parseHeader(view.toString('latin1', prefix, length)), length };
}

/** The header is a Python dict of three known keys in a fixed form. */
function parseHeader(text: string): Omit<Header, 'length'> {
  const descr = /'descr' *: *'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order' *: *(True|False)/.exec(text)?.[1];
  const shape = /'shape' *: *\(([\d, L]*)\)/.exec(text)?.[1];
  if (!descr || !order || shape === undefined)
    throw damaged(`Expected type, order and shape in a numpy header but received ${quoted(text.trim())}`);
  const dims = shape.split(',').map((dim) => dim.trim().replace(/L$/, ''));
  return { descr, fortran: order === 'True', dims: dims.filter((dim) => dim !== '').map(Number) };
}
