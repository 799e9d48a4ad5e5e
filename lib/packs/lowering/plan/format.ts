import { KINDS } from './kinds.js';
import type { NetworkPlan } from './plan.js';
import { bytesOf, inWords, type Storage } from './storage.js';

/** The first word of a plan's file, "KDKPLAN1". */
const MAGIC = 0x314e414c504b444bn;
/** Increases with every change of what the engine's reader expects; native/plan/tables.h has the same. */
export const PLAN_VERSION = 7;

/** The numbers of `Where` in native/plan/tables.h. */
const WHERE = ['arena', 'weights', 'constants', 'slot'] as const;
const TYPES = ['float32', 'int64', 'float16'] as const;

/** Tables of whole numbers that operations and slots refer to by ranges. */
interface Pools {
  integers: number[];
  floats: number[];
  references: number[];
  names: number[];
}

/**
 * The bytes of a plan: little-endian words of 64 bits. A header with the sizes, then buffers, slots and operations, then the numbers
 * that these refer to, names and constants.
 */
export function planBytes(plan: NetworkPlan): Uint8Array {
  const storages = [...plan.places.keys()];
  const pools: Pools = { integers: [], floats: [], references: [], names: [] };
  const indices = new Map(storages.map((storage, index) => [storage, index]));
  const buffers = storages.flatMap((storage) => bufferWords(storage, plan.places.get(storage)!));
  const slots = plan.slots.flatMap((slot) => slotWords(slot, pools));
  const operations = plan.operations.flatMap((operation) => operationWords(operation, pools, indices));
  const constants = constantBytes(plan, storages);
  const { integers, floats, references } = pools;
  const counts = [
    plan.arenaBytes,
    plan.weights.bytes,
    storages.length,
    plan.slots.length,
    plan.operations.length,
  ];
  const lengths = [
    integers.length,
    floats.length,
    references.length,
    pools.names.length,
    constants.byteLength,
  ];
  const first = [...counts, ...lengths, ...buffers, ...slots, ...operations, ...integers];
  return joined([
    BigInt64Array.of(MAGIC, BigInt(PLAN_VERSION)),
    BigInt64Array.from(first, BigInt),
    Float64Array.from(floats),
    BigInt64Array.from(references, BigInt),
    padded(Uint8Array.from(pools.names)),
    padded(constants),
  ]);
}

function bufferWords(storage: Storage, position: number): number[] {
  return [WHERE.indexOf(storage.where), position, storage.elements, TYPES.indexOf(storage.type)];
}

function slotWords({ name, direction, type, dims }: NetworkPlan['slots'][number], pools: Pools): number[] {
  const bytes = new TextEncoder().encode(name);
  const words = [direction === 'output' ? 1 : 0, TYPES.indexOf(type)];
  return [...words, ...added(pools.integers, dims), ...added(pools.names, bytes)];
}

function operationWords(
  { kind, integers, floats, storages }: NetworkPlan['operations'][number],
  pools: Pools,
  indices: ReadonlyMap<Storage, number>,
): number[] {
  const references = storages.map((storage) => indices.get(storage)!);
  return [
    KINDS.indexOf(kind),
    ...added(pools.integers, integers),
    ...added(pools.floats, floats),
    ...added(pools.references, references),
  ];
}

/** Where a range of a pool begins, and its length. */
function added(pool: number[], values: ArrayLike<number>): [number, number] {
  const first = pool.length;
  for (let i = 0; i < values.length; i++) pool.push(values[i]!);
  return [first, values.length];
}

function constantBytes({ places }: NetworkPlan, storages: readonly Storage[]): Uint8Array {
  const own = storages.filter(({ where }) => where === 'constants');
  const end = own.reduce(
    (last, storage) => Math.max(last, places.get(storage)! + inWords(bytesOf(storage))),
    0,
  );
  const bytes = new Uint8Array(end);
  for (const storage of own) bytes.set(elementBytes(storage), places.get(storage)!);
  return bytes;
}

function elementBytes({ type, numbers }: Storage): Uint8Array {
  const values = Array.from(numbers!);
  const elements = type === 'int64' ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
  return new Uint8Array(elements.buffer);
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(inWords(bytes.length));
  whole.set(bytes);
  return whole;
}

function joined(parts: readonly ArrayBufferView[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return bytes;
}
