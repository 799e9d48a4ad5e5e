/** Pearson's correlation of the first values of both. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const count = Math.min(a.length, b.length);
  const [left, right] = [a, b].map((values) => {
    const part = Array.from(values).slice(0, count);
    const mean = part.reduce((sum, value) => sum + value, 0) / count;
    return part.map((value) => value - mean);
  }) as [number[], number[]];
  const product = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return product(left, right) / Math.sqrt(product(left, left) * product(right, right));
}
