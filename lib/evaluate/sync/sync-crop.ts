import { resizedToOriginal } from '../../face/geometry.js';
import { warp } from '../../face/resample.js';
import type { Picture } from '../../picture.js';

/** Side of SyncNet's pictures. */
export const SYNC_SIDE = 224;
/** Room around the face, as a share of its size. */
const ROOM = 0.4;
const GREY = 110;

/** The part of a frame, with a border of `pad` pixels around it, that SyncNet sees: right and bottom are exclusive. */
export interface SyncRectangle {
  readonly pad: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** @param size half of the face's longer side; x and y its centre */
export function syncRectangle(size: number, x: number, y: number): SyncRectangle {
  const pad = Math.trunc(size * (1 + 2 * ROOM));
  return {
    pad,
    left: Math.trunc(x + pad - size * (1 + ROOM)),
    top: Math.trunc(y + pad - size),
    right: Math.trunc(x + pad + size * (1 + ROOM)),
    bottom: Math.trunc(y + pad + size * (1 + 2 * ROOM)),
  };
}

/** Cuts the rectangle out of a frame and its grey border, and resizes it bilinearly. */
export async function cropForSync(picture: Picture, rectangle: SyncRectangle): Promise<Picture> {
  return squeezedForSync(cutPadded(picture, rectangle));
}

/** A picture of any size, squeezed to a square. */
export async function squeezedForSync(picture: Picture): Promise<Picture> {
  const toPicture = resizedToOriginal(SYNC_SIDE / picture.width, SYNC_SIDE / picture.height);
  return warp(picture, toPicture, SYNC_SIDE, SYNC_SIDE, 'replicate');
}

function cutPadded(picture: Picture, { pad, left, top, right, bottom }: SyncRectangle): Picture {
  const [first, last] = [Math.max(left, 0), Math.min(right, picture.width + 2 * pad)];
  const [upper, lower] = [Math.max(top, 0), Math.min(bottom, picture.height + 2 * pad)];
  const [width, height] = [Math.max(last - first, 1), Math.max(lower - upper, 1)];
  const data = new Uint8Array(3 * width * height).fill(GREY);
  const from = Math.max(first, pad);
  const to = Math.min(last, pad + picture.width);
  for (let y = Math.max(upper, pad); y < Math.min(lower, pad + picture.height) && from < to; y++) {
    const start = 3 * ((y - pad) * picture.width + from - pad);
    data.set(picture.data.subarray(start, start + 3 * (to - from)), 3 * ((y - upper) * width + from - first));
  }
  return { data, width, height };
}
