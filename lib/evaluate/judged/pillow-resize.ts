import type { Picture } from '../../picture.js';

/** Bits after the point of Pillow's weights. */
const PRECISION = 22;

/** The weights of the source's places from `first` on, for one place of the result. */
interface Taps {
  first: number;
  weights: Int32Array;
}

/** Pillow's bilinear resize, to the bit: with a filter as wide as the reduction needs, first across and then down, each rounded. */
export function pillowResize(picture: Picture, width: number, height: number): Picture {
  return transposed(resizeAcross(transposed(resizeAcross(picture, width)), height));
}

function tapsOf(before: number, after: number): Taps[] {
  const ratio = before / after;
  const reach = Math.max(ratio, 1);
  return Array.from({ length: after }, (_, i) => {
    const centre = (i + 0.5) * ratio;
    const first = Math.max(Math.trunc(centre - reach + 0.5), 0);
    const end = Math.min(Math.trunc(centre + reach + 0.5), before);
    const raw = Float64Array.from({ length: end - first }, (_, k) =>
      Math.max(0, 1 - Math.abs((first + k - centre + 0.5) / reach)),
    );
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return {
      first,
      weights: Int32Array.from(raw, (weight) => Math.trunc(0.5 + (weight / total) * 2 ** PRECISION)),
    };
  });
}

function resizeAcross({ data, width, height }: Picture, wanted: number): Picture {
  if (wanted === width) return { data, width, height };
  const result = new Uint8Array(3 * wanted * height);
  const columns = tapsOf(width, wanted);
  for (let y = 0; y < height; y++) {
    columns.forEach(({ first, weights }, x) => {
      for (let channel = 0; channel < 3; channel++) {
        const sum = weightedSum(data, 3 * (y * width + first) + channel, weights);
        result[3 * (y * wanted + x) + channel] = Math.min(Math.max(sum >> PRECISION, 0), 255);
      }
    });
  }
  return { data: result, width: wanted, height };
}

function weightedSum(data: Uint8Array, start: number, weights: Int32Array): number {
  let sum = 1 << (PRECISION - 1);
  for (let k = 0; k < weights.length; k++) sum += data[start + 3 * k]! * weights[k]!;
  return sum;
}

function transposed({ data, width, height }: Picture): Picture {
  const result = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [from, to] = [3 * (y * width + x), 3 * (x * height + y)];
      for (let channel = 0; channel < 3; channel++) result[to + channel] = data[from + channel]!;
    }
  }
  return { data: result, width: height, height: width };
}
