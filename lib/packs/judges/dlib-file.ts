import { readFile, stat } from 'node:fs/promises';
import { KdtalkerError, quote } from '../../errors.js';
import { isSystemError } from '../../files/output-error.js';

/** A convolution as dlib stores it. */
export interface DlibConvolution {
  /** Weights [filters, channels, rows, columns], then a bias for each filter. */
  readonly numbers: Float32Array;
  readonly filters: number;
  readonly rows: number;
  readonly columns: number;
  readonly strides: readonly [number, number];
  readonly padding: readonly [number, number];
}

/** A batch normalisation as dlib stores it. */
export interface DlibNorm {
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  readonly means: Float32Array;
  readonly variances: Float32Array;
}

/** The layers of a network file of dlib, each kind in the order of the network. */
export interface DlibNetwork {
  readonly convolutions: readonly DlibConvolution[];
  readonly norms: readonly DlibNorm[];
}

const [CONVOLUTION, NORM] = ['con_4', 'bn_con2'];
/** The version of a tensor's form. */
const TENSOR = 2;
/** Far larger than dlib's face detector, far smaller than memory. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * Reads the convolutions and normalisations of a network that dlib has saved. Everything else in the file is skipped.
 *
 * @throws KdtalkerError FILE_NOT_FOUND, CHECKPOINT_INVALID
 */
export async function readDlibNetwork(file: string): Promise<DlibNetwork> {
  const bytes = await bytesOf(file);
  try {
    return {
      convolutions: placesOf(bytes, CONVOLUTION).map((at) => convolutionAt(new DlibReader(bytes, at))),
      norms: placesOf(bytes, NORM).map((at) => normAt(new DlibReader(bytes, at))),
    };
  } catch (cause) {
    throw new KdtalkerError(
      'CHECKPOINT_INVALID',
      `Expected a network file of dlib but received ${quote(file)}, which is damaged or of another kind`,
      { cause },
    );
  }
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    if ((await stat(file)).size > MOST_BYTES)
      throw new KdtalkerError(
        'CHECKPOINT_INVALID',
        `Expected a network file of dlib but received ${quote(file)}, which is too large for one`,
      );
    return await readFile(file);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new KdtalkerError(
      'FILE_NOT_FOUND',
      `Expected a readable file for a judge but received ${quote(file)}`,
      { cause },
    );
  }
}

/** The places behind each occurrence of a layer's name, which its length precedes. */
function placesOf(bytes: Buffer, name: string): number[] {
  const mark = Buffer.from(`\x01${String.fromCharCode(name.length)}${name}`, 'latin1');
  const places: number[] = [];
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) places.push(at + mark.length);
  return places;
}

function convolutionAt(reader: DlibReader): DlibConvolution {
  const numbers = reader.tensor();
  const [filters, rows, columns] = [reader.integer(), reader.integer(), reader.integer()];
  const strides = [reader.integer(), reader.integer()] as const;
  return { numbers, filters, rows, columns, strides, padding: [reader.integer(), reader.integer()] };
}

/** Between the learned tensor and the statistics lie two views of it, of five integers each. */
function normAt(reader: DlibReader): DlibNorm {
  const learned = reader.tensor();
  for (let i = 0; i < 10; i++) reader.integer();
  const [, , means, variances] = [reader.tensor(), reader.tensor(), reader.tensor(), reader.tensor()];
  const half = learned.length / 2;
  return { gamma: learned.slice(0, half), beta: learned.slice(half), means, variances };
}

/** Reads dlib's portable form. @throws RangeError beyond the end and for numbers that cannot be */
class DlibReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** The first byte is how many follow, little end first; its highest bit makes the number negative. */
  integer(): number {
    const head = this.#bytes.readUInt8(this.#at++);
    const count = head & 0x7f;
    if (count > 6) throw new RangeError('Expected an integer of at most six bytes');
    const value = count === 0 ? 0 : this.#bytes.readUIntLE(this.#at, count);
    this.#at += count;
    return head & 0x80 ? -value : value;
  }

  /** Its version, four lengths, and floats. */
  tensor(): Float32Array {
    if (this.integer() !== TENSOR) throw new RangeError('Expected a tensor');
    const size = this.integer() * this.integer() * this.integer() * this.integer();
    if (!(size >= 0 && 4 * size <= this.#bytes.length - this.#at))
      throw new RangeError('Expected a tensor inside the file');
    const values = Float32Array.from({ length: size }, (_, i) => this.#bytes.readFloatLE(this.#at + 4 * i));
    this.#at += 4 * size;
    return values;
  }
}
