import { KdtalkerError } from '../../errors.js';
import { damaged, LIMITS, quoted } from './damaged.js';

/** Thrown when a pickle is longer than the given bytes: the caller may read more of the file. */
export class PickleCut extends KdtalkerError {
  constructor() {
    super(
      'CHECKPOINT_INVALID',
      'Expected more bytes for the pickle but the file ends: the file is cut or damaged',
    );
  }
}

/** The arguments of a pickle's opcodes, read one after the other. */
export class PickleBytes {
  position = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next bytes, not copied. */
  take(length: number): Uint8Array {
    const start = this.skip(length);
    return this.bytes.subarray(start, start + length);
  }

  u8(): number {
    return this.view.getUint8(this.skip(1));
  }

  u16(): number {
    return this.view.getUint16(this.skip(2), true);
  }

  i32(): number {
    return this.view.getInt32(this.skip(4), true);
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  u64(): number {
    return Number(this.view.getBigUint64(this.skip(8), true));
  }

  /** BINFLOAT is big-endian. */
  f64(): number {
    return this.view.getFloat64(this.skip(8), false);
  }

  text(length: number): string {
    return utf8(this.take(length));
  }

  /** A Python 2 string: bytes decoded as Latin-1, as an option of `torch.load` does. */
  latin1(length: number): string {
    return Buffer.from(this.take(length)).toString('latin1');
  }

  /** The text up to the next line feed, without it. */
  line(): string {
    const end = this.bytes.indexOf(10, this.position);
    if (end < 0) throw new PickleCut();
    const text = utf8(this.take(end - this.position));
    this.position++;
    return text;
  }

  /** A two's complement integer of any length. */
  integer(length: number): number | bigint {
    if (length > LIMITS.integerBytes)
      throw damaged(`Expected an integer of at most ${LIMITS.integerBytes} bytes but received ${length}`);
    if (length === 0) return 0;
    const hex = Buffer.from(this.take(length)).reverse().toString('hex');
    return narrowed(BigInt.asIntN(length * 8, BigInt(`0x${hex}`)));
  }

  private skip(length: number): number {
    if (!(length >= 0) || this.position + length > this.bytes.length) throw new PickleCut();
    const start = this.position;
    this.position += length;
    return start;
  }
}

/** An integer in text (protocol 0). */
export function integerOf(text: string): number | bigint {
  const digits = text.endsWith('L') ? text.slice(0, -1) : text;
  if (digits.length > LIMITS.integerBytes || !/^[-+]?\d+$/.test(digits))
    throw damaged(`Expected an integer in the pickle but received ${quoted(text)}`);
  return narrowed(BigInt(digits.startsWith('+') ? digits.slice(1) : digits));
}

/** A number when it is exact, else a bigint. */
function narrowed(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
