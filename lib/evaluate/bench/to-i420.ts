import type { Picture } from '../../picture.js';

/** Converts a picture to I420, BT.709 with limited range; the halves of odd sides are rounded up. */
export function toI420(picture: Picture): Uint8Array {
  const { width, height } = picture;
  const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const planes = new Uint8Array(width * height + 2 * columns * rows);
  writeLuma(picture, planes);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const [red, green, blue] = meanOfFour(picture, 2 * x, 2 * y);
      const luma = lumaOf(red, green, blue);
      const at = width * height + y * columns + x;
      planes[at] = Math.round(128 + (224 * (blue - luma)) / 1.8556 / 255);
      planes[at + columns * rows] = Math.round(128 + (224 * (red - luma)) / 1.5748 / 255);
    }
  }
  return planes;
}

function lumaOf(red: number, green: number, blue: number): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function writeLuma({ data }: Picture, planes: Uint8Array): void {
  for (let i = 0, at = 0; at < data.length; i++, at += 3)
    planes[i] = Math.round(16 + (219 * lumaOf(data[at]!, data[at + 1]!, data[at + 2]!)) / 255);
}

/** The mean colour of a pixel and its neighbours to the right and below; at the last column and row it is repeated. */
function meanOfFour({ data, width, height }: Picture, x: number, y: number): [number, number, number] {
  const [right, below] = [Math.min(x + 1, width - 1), Math.min(y + 1, height - 1)];
  const places = [y * width + x, y * width + right, below * width + x, below * width + right];
  const mean = (channel: number) => places.reduce((sum, place) => sum + data[3 * place + channel]!, 0) / 4;
  return [mean(0), mean(1), mean(2)];
}
