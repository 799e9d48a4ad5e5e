import { type Matrix, type Picture, resizedToOriginal } from '../geometry.js';
import { resize } from '../picture.js';

/** Indices of the whole picture resized to `size` x `size` to indices of the photo. */
export function wholeToPhoto(photo: Picture, size: number): Matrix {
  return resizedToOriginal(size / photo.width, size / photo.height);
}

/** The whole picture, stretched to the square. */
export async function cropWhole(photo: Picture, size: number): Promise<Uint8Array> {
  return (await resize(photo, size, size)).data;
}
