import type { Picture } from '../../picture.js';

/** Brightness of a picture, row-major: integers from 0 to 255. */
export interface GreyPicture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Brightness in Pillow's arithmetic: 0.299 R + 0.587 G + 0.114 B in 16 bits after the point, rounded. */
export function greyOf({ data, width, height }: Picture): GreyPicture {
  const grey = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < grey.length; i++, at += 3)
    grey[i] = (19595 * data[at]! + 38470 * data[at + 1]! + 7471 * data[at + 2]! + 32768) >> 16;
  return { data: grey, width, height };
}
