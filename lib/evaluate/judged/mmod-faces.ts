import type { FaceBox } from '../sync/face-tracks.js';
import type { SheetLayout, Tile } from './mmod-sheet.js';

/** A face that dlib's detector found. */
export interface MmodFace {
  /** Left, top, right, bottom in whole pixels; both ends lie in it. */
  readonly box: FaceBox;
  readonly confidence: number;
}

/** What the network gives: a number for every cell. */
export interface MmodScores {
  readonly data: ArrayLike<number>;
  readonly columns: number;
}

/** Pixels of the sheet from cell to cell, and to the first one's centre. */
const [STEP, FIRST] = [8, 14];
/** Half of the distance of a face's sides on the sheet. */
const HALF = 39.5;
/** From a level of the pyramid to the one before. */
const [FACTOR, SHIFT] = [1.2, 0.3];
/** Faces whose common part is more of the box around both are the same. */
const OVERLAP = 0.338276;

/** The faces of a picture whose pyramid lies on a sheet, best first. */
export function mmodFaces({ data, columns }: MmodScores, { tiles }: SheetLayout): MmodFace[] {
  const found: MmodFace[] = [];
  for (let i = 0; i < data.length; i++) {
    if (!(data[i]! > 0)) continue;
    const [x, y] = [STEP * (i % columns) + FIRST, STEP * Math.floor(i / columns) + FIRST];
    found.push({ box: boxOf(x, y, tiles), confidence: data[i]! });
  }
  found.sort((a, b) => b.confidence - a.confidence);
  const kept: MmodFace[] = [];
  for (const face of found)
    if (kept.every((other) => shared(other.box, face.box) <= OVERLAP)) kept.push(face);
  return kept;
}

function boxOf(x: number, y: number, tiles: readonly Tile[]): FaceBox {
  const level = levelAt(x, y, tiles);
  const { left, top } = tiles[level]!;
  const up = (side: number) => {
    let value = side;
    for (let i = 0; i < level; i++) value = value * FACTOR + SHIFT;
    return Math.floor(value + 0.5);
  };
  return [up(x - HALF - left), up(y - HALF - top), up(x + HALF - left), up(y + HALF - top)];
}

/** The level that has a place, or else the one nearest to it. */
function levelAt(x: number, y: number, tiles: readonly Tile[]): number {
  const away = ({ left, top, right, bottom }: Tile) =>
    Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
  let best = 0;
  for (let i = 1; i < tiles.length; i++) if (away(tiles[i]!) < away(tiles[best]!)) best = i;
  return best;
}

/** The common part of two boxes over the area of the box around both. */
function shared(a: FaceBox, b: FaceBox): number {
  const area = (left: number, top: number, right: number, bottom: number) =>
    Math.max(0, right - left + 1) * Math.max(0, bottom - top + 1);
  const [least, most] = [Math.min, Math.max];
  const inner = area(most(a[0], b[0]), most(a[1], b[1]), least(a[2], b[2]), least(a[3], b[3]));
  return inner / area(least(a[0], b[0]), least(a[1], b[1]), most(a[2], b[2]), most(a[3], b[3]));
}

/** A box in an enlarged picture as one of the picture itself. */
export function boxBeforeEnlarging([left, top, right, bottom]: FaceBox): FaceBox {
  const back = (value: number, shift: number) => Math.floor(value / 2 - shift + 0.5);
  return [back(left, 1.25), back(top, 0.75), back(right, 1.25), back(bottom, 0.75)];
}
