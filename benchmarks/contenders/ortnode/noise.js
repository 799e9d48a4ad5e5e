// Standard normal numbers of a seed, identical to the engine's: Philox 4x32 of 10 rounds (Salmon et al., SC 2011), Box and Muller.

const high = (a, b) => Number((BigInt(a) * BigInt(b)) >> 32n);

function philox([x0, x1, x2, x3], seed) {
  let [key0, key1] = [seed >>> 0, 0];
  for (let round = 0; round < 10; round++) {
    [x0, x1, x2, x3] = [
      (high(0xcd9e8d57, x2) ^ x1 ^ key0) >>> 0,
      Math.imul(0xcd9e8d57, x2) >>> 0,
      (high(0xd2511f53, x0) ^ x3 ^ key1) >>> 0,
      Math.imul(0xd2511f53, x0) >>> 0,
    ];
    key0 = (key0 + 0x9e3779b9) >>> 0;
    key1 = (key1 + 0xbb67ae85) >>> 0;
  }
  return [x0, x1, x2, x3];
}

/** Fills `out` with the initial noise of a window. `seed` below 2^32. */
export function fillNormal(out, seed, window) {
  for (let i = 0; i < out.length; i += 4) {
    const words = philox([i / 4, window, 0, 0], seed);
    for (let k = 0; k < 4; k += 2) {
      const radius = Math.sqrt(-2 * Math.log(words[k] * 2 ** -32 + 2 ** -33));
      const angle = 2 * Math.PI * words[k + 1] * 2 ** -32;
      out[i + k] = radius * Math.cos(angle);
      out[i + k + 1] = radius * Math.sin(angle);
    }
  }
}
