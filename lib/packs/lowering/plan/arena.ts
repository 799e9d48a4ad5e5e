/** What a buffer needs: its bytes, from the first operation that uses it to the last one. */
export interface Lifetime {
  bytes: number;
  first: number;
  last: number;
}

/** Offsets in the order of the lifetimes, and the bytes of an arena that holds them. */
export interface Arena {
  offsets: number[];
  bytes: number;
}

/** A whole number of cache lines, and of what a GPU loads at once. */
export const ALIGNMENT = 256;

/**
 * Gives buffers places in one arena such that no two overlap that live at the same time. The largest come first, each in the first gap
 * that is large enough.
 */
export function placeInArena(lifetimes: readonly Lifetime[]): Arena {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const order = lifetimes.map((_, i) => i);
  order.sort((a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes || a - b);
  const placed: number[] = []; // by offset
  for (const index of order) {
    const meets = (other: number) => areTogether(lifetimes[index]!, lifetimes[other]!);
    const busy = placed.filter(meets).map((other) => [offsets[other]!, endOf(other)] as const);
    offsets[index] = firstGap(busy, aligned(lifetimes[index]!.bytes));
    const after = placed.findIndex((other) => offsets[other]! > offsets[index]!);
    placed.splice(after < 0 ? placed.length : after, 0, index);
  }
  return { offsets, bytes: Math.max(0, ...placed.map(endOf)) };

  function endOf(index: number): number {
    return offsets[index]! + aligned(lifetimes[index]!.bytes);
  }
}

/** @param busy beginning and end of what is taken, by beginning */
function firstGap(busy: readonly (readonly [number, number])[], bytes: number): number {
  let at = 0;
  for (const [begin, end] of busy) {
    if (begin - at >= bytes) return at;
    at = Math.max(at, end);
  }
  return at;
}

function areTogether(a: Lifetime, b: Lifetime): boolean {
  return a.first <= b.last && b.first <= a.last;
}

export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
