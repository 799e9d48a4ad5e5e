import { type ByteStore, StorePart } from './byte-store.js';
import { damaged, LIMITS, quoted } from './damaged.js';
import { PickleCut } from './pickle-bytes.js';
import type { PythonValue, StorageReference } from './python-values.js';
import { type Unpickled, unpickle } from './unpickle.js';

/** The first pickle of a legacy file is this number and the second the format's version. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
const FIRST_PIECE = 2 ** 18;

/**
 * PyTorch's container before 1.6: five pickles (magic number, version, the machine's sizes, the value, the storages' keys),
 * then for each key the count of elements in 8 bytes and the elements, little-endian on every machine.
 * Reads the pickles and the counts, and skips the elements.
 */
export async function readTorchLegacy(store: ByteStore): Promise<Unpickled> {
  const [magic, version, , body, keys] = await readPickles(store, 5);
  if (magic!.value !== MAGIC) throw damaged('Expected a file of torch.save but received another pickle');
  if (version!.value !== VERSION)
    throw damaged(`Expected version ${VERSION} of the legacy format but received another`);
  await locateStorages(store, body!.storages, keysOf(keys!.value), keys!.end);
  return body!;
}

interface PlacedPickle extends Unpickled {
  end: number;
}

/** Only reading a pickle tells its length: this reads a piece of the file, and a larger piece when the first is too short. */
async function readPickles(store: ByteStore, count: number): Promise<PlacedPickle[]> {
  for (let piece = FIRST_PIECE; ; piece *= 8) {
    const size = Math.min(store.size, piece, LIMITS.pickleBytes);
    const bytes = await store.read(0, size);
    try {
      return splitPickles(bytes, count);
    } catch (error) {
      if (!(error instanceof PickleCut) || size < piece || size === store.size) throw error;
    }
  }
}

function splitPickles(bytes: Uint8Array, count: number): PlacedPickle[] {
  const pickles: PlacedPickle[] = [];
  for (let start = 0; pickles.length < count; start = pickles.at(-1)!.end) {
    const pickle = unpickle(bytes.subarray(start));
    pickles.push({ ...pickle, end: start + pickle.length });
    if (pickles.length === 1 && pickle.value !== MAGIC) break;
  }
  return pickles;
}

function keysOf(value: PythonValue): string[] {
  if (!Array.isArray(value) || value.length > LIMITS.tensors)
    throw damaged(`Expected a list of at most ${LIMITS.tensors} storage keys but received another value`);
  return value.map((key) => {
    if (typeof key === 'string' || typeof key === 'number') return String(key);
    throw damaged('Expected a key for a storage but received another value');
  });
}

/** Steps from storage to storage; throws when a storage's length differs from the pickle or from the count before it. */
async function locateStorages(
  store: ByteStore,
  storages: StorageReference[],
  keys: string[],
  start: number,
): Promise<void> {
  const places = await findPlaces(store, firstOfEachKey(storages), keys, start);
  for (const storage of storages) {
    const place = places.get(storage.key);
    if (!place) throw damaged(`Expected the bytes of storage ${quoted(storage.key)} but the file has none`);
    storage.locate(place);
  }
}

async function findPlaces(
  store: ByteStore,
  known: Map<string, StorageReference>,
  keys: string[],
  start: number,
): Promise<Map<string, StorePart>> {
  const places = new Map<string, StorePart>();
  for (let index = 0, at = start; index < keys.length; index++) {
    const storage = known.get(keys[index]!);
    if (!storage || places.has(storage.key))
      throw damaged(`Expected storage ${quoted(keys[index]!)} once in the pickle but it is not`);
    const count = Buffer.from(await store.read(at, 8)).readBigInt64LE();
    if (count !== BigInt(storage.wholeElements))
      throw damaged(
        `Expected ${storage.wholeElements} elements for storage ${quoted(storage.key)} but received ${count}: the file is damaged`,
      );
    places.set(storage.key, new StorePart(store, at + 8, storage.wholeSize));
    at += 8 + storage.wholeSize;
  }
  return places;
}

function firstOfEachKey(storages: StorageReference[]): Map<string, StorageReference> {
  const first = new Map<string, StorageReference>();
  for (const storage of storages) if (!first.has(storage.key)) first.set(storage.key, storage);
  return first;
}
