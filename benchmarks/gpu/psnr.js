/** Peak signal to noise of bytes beside others, decibels; 99 if they are the same. */
export function psnrOf(bytes, expected) {
  let sum = 0;
  for (let i = 0; i < expected.length; i++) sum += (bytes[i] - expected[i]) ** 2;
  return sum === 0 ? 99 : 10 * Math.log10(255 ** 2 / (sum / expected.length));
}
