import type { Picture } from '../../picture.js';
import { loadSharp } from '../../sharp.js';
import { apply, type Matrix } from '../geometry.js';

/** In crop sides: the deviation of the blur, and how far from the border it is complete. */
const BLUR = 0.02;
const BLURRED_FROM = 0.06;

/** A square that shows the picture beyond its border. */
interface View {
  /** Pixels of the square to pixels of the picture. */
  readonly toPhoto: Matrix;
  /** The picture's size. */
  readonly width: number;
  readonly height: number;
  /** The picture near the square, and where the pixels of the whole picture are in it. */
  readonly source: Picture;
  readonly toSource: Matrix;
}

/**
 * Fills what a square shows beyond the picture's border: the picture mirrored at the border and, as one goes away from it, blurred. As in
 * the FFHQ alignment; the pixels of a border that is only repeated become stripes that bend with the head.
 */
export async function mirrorBeyond(square: Picture, view: View): Promise<Picture> {
  const away = distances(square, view);
  if (away === undefined) return square;
  const mirrored = square.data.slice();
  away.forEach((distance, i) => {
    if (distance > 0) copyMirrored(mirrored, i, square.width, view);
  });
  const blurred = await blur({ ...square, data: mirrored });
  const reach = BLURRED_FROM * square.width;
  away.forEach((distance, i) => {
    const share = Math.min(distance / reach, 1);
    for (let k = 3 * i; share > 0 && k < 3 * i + 3; k++)
      mirrored[k] = Math.round(mirrored[k]! + share * (blurred[k]! - mirrored[k]!));
  });
  return { ...square, data: mirrored };
}

/** How far each pixel lies beyond the border, in pixels of the square; undefined if none does. */
function distances({ width, height }: Picture, view: View): Float32Array | undefined {
  const step = Math.hypot(view.toPhoto[0], view.toPhoto[3]);
  const away = new Float32Array(width * height);
  let any = false;
  for (let i = 0; i < away.length; i++) {
    const [x, y] = apply(view.toPhoto, [i % width, Math.floor(i / width)]);
    away[i] = Math.hypot(beyond(x, view.width), beyond(y, view.height)) / step;
    any ||= away[i]! > 0;
  }
  return any ? away : undefined;
}

/** How far a position lies beyond the centres of the first and the last pixel. */
function beyond(at: number, length: number): number {
  return Math.max(-at, at - (length - 1), 0);
}

/** A position mirrored at the first and at the last pixel, as often as it takes. */
function mirror(at: number, length: number): number {
  const last = length - 1;
  if (last === 0) return 0;
  const turn = Math.abs(at) % (2 * last);
  return turn > last ? 2 * last - turn : turn;
}

function copyMirrored(data: Uint8Array, i: number, width: number, view: View): void {
  const [x, y] = apply(view.toPhoto, [i % width, Math.floor(i / width)]);
  const inside = [mirror(x, view.width), mirror(y, view.height)] as const;
  const { source } = view;
  const [u, v] = apply(view.toSource, inside);
  const [column, right] = between(u, source.width);
  const [row, below] = between(v, source.height);
  const level = (dx: number, dy: number, c: number) =>
    source.data[3 * ((row + dy) * source.width + column + dx) + c]!;
  const [nextColumn, nextRow] = [right > 0 ? 1 : 0, below > 0 ? 1 : 0];
  for (let c = 0; c < 3; c++) {
    const top = level(0, 0, c) * (1 - right) + level(nextColumn, 0, c) * right;
    const bottom = level(0, nextRow, c) * (1 - right) + level(nextColumn, nextRow, c) * right;
    data[3 * i + c] = Math.round(top * (1 - below) + bottom * below);
  }
}

/** The pixel before a position, and how far after it the position lies. */
function between(at: number, length: number): [before: number, share: number] {
  const kept = Math.min(Math.max(at, 0), length - 1);
  const before = Math.floor(kept);
  return [before, kept - before];
}

async function blur({ data, width, height }: Picture): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const raw = { width, height, channels: 3 as const };
  const sigma = Math.max(0.3, BLUR * width); // the least that sharp takes
  return sharp(data, { raw, limitInputPixels: false }).blur(sigma).raw().toBuffer();
}
