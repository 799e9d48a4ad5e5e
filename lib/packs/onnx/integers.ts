/** An int64 as protobufjs reads and writes it. */
interface Halves {
  low: number;
  high: number;
  unsigned: boolean;
}

/** Int64 fields that are lengths or versions: plain numbers here, as they never come near 2^53. */
const LENGTHS = new Set(['dims', 'dimValue', 'irVersion', 'version']);

/** A copy of a message in which `change` has been made to every whole number of 64 bits; bytes and plain numbers stay as they are. */
export function mapIntegers(
  value: unknown,
  change: (value: bigint | Halves, field: string) => unknown,
  field = '',
): unknown {
  if (typeof value === 'bigint' || isHalves(value)) return change(value, field);
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (Array.isArray(value))
    return typeof value[0] === 'number' ? value : value.map((each) => mapIntegers(each, change, field));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, mapIntegers(each, change, key)]),
  );
}

/** {@link mapIntegers} for a message that was read. @throws Error for a length that no tensor has */
export function fromHalves(value: bigint | Halves, field: string): bigint | number {
  const whole = typeof value === 'bigint' ? value : (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
  if (!LENGTHS.has(field)) return whole;
  const length = Number(whole);
  if (Number.isSafeInteger(length)) return length;
  throw new Error(`Expected a number below 2^53 for ${field} but received ${whole}`);
}

/** {@link mapIntegers} for a message to write. @throws Error for a number of more than 64 bits */
export function toHalves(value: bigint | Halves, field: string): Halves {
  if (typeof value !== 'bigint') return value;
  if (value !== BigInt.asIntN(64, value))
    throw new Error(`Expected a number of 64 bits for ${field} but received ${value}`);
  const [low, high] = [BigInt.asIntN(32, value), value >> 32n].map(Number) as [number, number];
  return { low, high, unsigned: false };
}

/**
 * A whole number to compare and to calculate lengths with. Values further from 0 than 2^53 are clamped to the last exact number: no
 * length is as large, so an open end of a Slice stays beyond every end. Never write the clamped number to a file.
 */
export function asLength(value: bigint): number {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(value > limit ? limit : value < -limit ? -limit : value);
}

function isHalves(value: unknown): value is Halves {
  return typeof value === 'object' && value !== null && 'low' in value && 'high' in value;
}
