// SyncNet without its weights: vectors that are simple functions of what it is given.
import type { SyncNet } from '../../dist/evaluate/sync/syncnet.js';

const SIZE = 8;

/** What the made net sees in five pictures: some of their values. */
export function seenBy(window: readonly Float32Array[]): Float32Array {
  return Float32Array.from({ length: SIZE }, (_, k) =>
    window.reduce((sum, planes, i) => sum + (i + 1) * planes[(9973 * (k + 1) * (i + 1)) % planes.length]!, 0),
  );
}

/** What it hears in columns of coefficients. */
export function heardBy(columns: readonly Float64Array[]): Float32Array {
  return Float32Array.from({ length: SIZE }, (_, k) => 40 * columns[k + 3]![1 + k]!);
}

export const madeNet: Pick<SyncNet, 'look' | 'listen' | 'close'> = {
  look: async (window) => seenBy(window),
  listen: async (columns, count) =>
    Array.from({ length: count }, (_, i) => heardBy(columns.slice(4 * i, 4 * i + 20))),
  close: async () => {},
};
