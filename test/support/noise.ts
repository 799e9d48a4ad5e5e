/** Standard normal numbers from a seed, for tests: a 32-bit mixing counter and the Box-Muller transform. */
export function gaussianNoise(seed: number, count: number): Float32Array {
  let counter = Math.imul(seed + 1, 0x9e3779b1);
  const uniform = () => {
    counter = (counter + 0x6d2b79f5) | 0;
    let h = Math.imul(counter ^ (counter >>> 15), counter | 1);
    h ^= h + Math.imul(h ^ (h >>> 7), h | 61);
    return (((h ^ (h >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  return Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  });
}
