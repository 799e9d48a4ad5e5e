import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import type { Picture } from '../../dist/picture.js';

// The demo's portrait is the astronaut; a checkout beside the shared samples may not have it yet.
const ASTRONAUT = ['../../examples/portrait.png', '../../../shared/samples/astronaut.png'];

/** The path of the portrait that the tests look for faces in: 512x512, one face of about 90 px. */
export function astronautFile(): string {
  const places = ASTRONAUT.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const file = places.find((place) => existsSync(place));
  if (!file) throw new Error(`Expected the portrait in ${places.join(' or ')}`);
  return file;
}

/** Decodes a file to RGB24. */
export async function loadPicture(file: string | Buffer): Promise<Picture> {
  return fromSharp(sharp(file));
}

/** Renders a sharp pipeline to RGB24. */
export async function fromSharp(image: Sharp): Promise<Picture> {
  const rgb = image.removeAlpha().toColourspace('srgb').raw();
  const { data, info } = await rgb.toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height };
}

/** Opens a picture in memory with sharp. */
export function toSharp({ data, width, height }: Picture): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

// Keys' cubic convolution with this parameter is what the golden cases were enlarged with.
const CUBIC = -0.75;

function cubicWeights(fraction: number): number[] {
  return [-1, 0, 1, 2].map((tap) => {
    const x = Math.abs(tap - fraction);
    if (x <= 1) return (CUBIC + 2) * x ** 3 - (CUBIC + 3) * x ** 2 + 1;
    return CUBIC * (x ** 3 - 5 * x ** 2 + 8 * x - 4);
  });
}

function cubicTaps(length: number, wanted: number): { index: number[]; weight: number[] }[] {
  return Array.from({ length: wanted }, (_, i) => {
    const position = ((i + 0.5) * length) / wanted - 0.5;
    const before = Math.floor(position);
    const index = [-1, 0, 1, 2].map((tap) => Math.min(Math.max(before + tap, 0), length - 1));
    return { index, weight: cubicWeights(position - before) };
  });
}

/** Enlarges by cubic convolution, half-pixel centres, edges repeated, rounded once at the end. */
export function enlargeCubic(picture: Picture, width: number, height: number): Picture {
  const columns = cubicTaps(picture.width, width);
  const wide = new Float32Array(width * picture.height * 3);
  for (let y = 0; y < picture.height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) {
        const { index, weight } = columns[x]!;
        let sum = 0;
        for (let k = 0; k < 4; k++)
          sum += weight[k]! * picture.data[(y * picture.width + index[k]!) * 3 + c]!;
        wide[(y * width + x) * 3 + c] = sum;
      }
  const data = new Uint8ClampedArray(width * height * 3);
  const stride = width * 3;
  cubicTaps(picture.height, height).forEach(({ index, weight }, y) => {
    for (let x = 0; x < stride; x++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += weight[k]! * wide[index[k]! * stride + x]!;
      data[y * stride + x] = sum;
    }
  });
  return { data: new Uint8Array(data.buffer), width, height };
}
