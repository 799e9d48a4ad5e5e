import type { NativeSession } from '../binding.js';
import type { Matrix, Picture, Point } from './geometry.js';

/** A square view of a photo for a network, with the way back. */
export interface View {
  /** Row-major 2x3: pixel indices of the view to pixel indices of the photo. */
  readonly toPhoto: Matrix;
}

/** A view of `size` pixels that shows the square around `centre`, turned clockwise by `angle` (radians). */
export function viewOf(centre: Point, side: number, angle: number, size: number): View {
  const [cosine, sine] = [(Math.cos(angle) * side) / size, (Math.sin(angle) * side) / size];
  const middle = (size - 1) / 2;
  return {
    toPhoto: [
      cosine,
      -sine,
      centre[0] - middle * (cosine - sine),
      sine,
      cosine,
      centre[1] - middle * (sine + cosine),
    ],
  };
}

/** RGB24 to planes of float32, [1, 3, h, w]: level * scale + offset. */
export function planesOf(picture: Picture, scale: number, offset: number): Float32Array {
  const count = picture.width * picture.height;
  const planes = new Float32Array(3 * count);
  for (let i = 0; i < count; i++)
    for (let channel = 0; channel < 3; channel++)
      planes[channel * count + i] = picture.data[3 * i + channel]! * scale + offset;
  return planes;
}

/** Runs a network that takes one picture and gives float tensors. */
export async function runOnPicture(
  session: NativeSession,
  input: string,
  picture: Picture,
  range: { readonly scale: number; readonly offset: number },
): Promise<Record<string, Float32Array>> {
  const data = planesOf(picture, range.scale, range.offset);
  const outputs = await session.run({ [input]: { dims: [1, 3, picture.height, picture.width], data } });
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array]),
  );
}
