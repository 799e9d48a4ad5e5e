import { native } from '../binding.js';
import type { Picture } from '../picture.js';
import { loadSharp } from '../sharp.js';
import { enlarge } from './enlarge.js';
import type { Matrix } from './geometry.js';

/** A rectangle of whole pixels inside a picture; right and bottom are exclusive. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Resamples bilinearly; `matrix` maps indices of the result to indices of `picture`. */
export async function warp(
  picture: Picture,
  matrix: Matrix,
  width: number,
  height: number,
  border: 'black' | 'replicate',
): Promise<Picture> {
  const out = { data: new Uint8Array(width * height * 3), width, height };
  await native().warpPicture(picture, Float64Array.from(matrix), out, border);
  return out;
}

/** Copies a region, which must not be empty and must lie in the picture. */
export function cut(picture: Picture, region: Rectangle): Picture {
  const width = region.right - region.left;
  const height = region.bottom - region.top;
  if (width === picture.width && height === picture.height) return picture;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = ((region.top + y) * picture.width + region.left) * 3;
    data.set(picture.data.subarray(start, start + width * 3), y * width * 3);
  }
  return { data, width, height };
}

/** Reduces with a filter as wide as the reduction requires (no aliasing). */
async function reduce(picture: Picture, width: number, height: number): Promise<Picture> {
  const raw = { width: picture.width, height: picture.height, channels: 3 as const };
  const sharp = await loadSharp();
  const data = await sharp(picture.data, { raw, limitInputPixels: false })
    .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
    .raw()
    .toBuffer();
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), width, height };
}

/** Resizes to any size with a good filter: Lanczos where an axis gets shorter, cubic where it gets longer. */
export async function resize(picture: Picture, width: number, height: number): Promise<Picture> {
  const [shorter, lower] = [Math.min(width, picture.width), Math.min(height, picture.height)];
  const shrinks = shorter < picture.width || lower < picture.height;
  const reduced = shrinks ? await reduce(picture, shorter, lower) : picture;
  return shorter < width || lower < height ? enlarge(reduced, width, height) : reduced;
}
