// Pseudo-random numbers of a seed, for reproducible mutants.

/** Mulberry32: returns a function that returns numbers from 0 to below 1. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An element of a list. */
export function pick(random, list) {
  return list[Math.floor(random() * list.length)];
}
