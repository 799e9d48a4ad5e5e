import type { Picture } from '../../picture.js';
import { type Matrix, resizedToOriginal } from '../geometry.js';
import { resize } from '../resample.js';

/** Indices of the whole picture resized to `size` x `size` to indices of the picture. */
export function wholeToPhoto(picture: Picture, size: number): Matrix {
  return resizedToOriginal(size / picture.width, size / picture.height);
}

/** The whole picture, stretched to the square. */
export function cropWhole(picture: Picture, size: number): Promise<Picture> {
  return resize(picture, size, size);
}
