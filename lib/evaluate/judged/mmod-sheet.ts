import type { Picture } from '../../picture.js';

/** A level of the pyramid on its sheet; both ends lie in it. */
export interface Tile {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Sizes of levels, where they lie, and how large the sheet is. */
export interface SheetLayout {
  readonly width: number;
  readonly height: number;
  readonly tiles: readonly Tile[];
}

/** Pixels around all levels, and between two of them. */
const [OUTER, GAP] = [11, 10];
/** Each level is this much of the one before, down to so few rows. */
const [SMALLER, LARGER] = [5, 6];
const FEWEST_ROWS = 5;
/** What the network's pictures are less, and what they are over. */
const MEAN = [122.782, 117.001, 104.298] as const;
const SCALE = 256;

/**
 * Where dlib puts the levels of a picture's pyramid: downwards below each other; once the next one fits beside the last one and half of the
 * height is used, the rest goes up again on the right side, as far as there is room below the first level.
 */
export function sheetLayout(width: number, height: number): SheetLayout {
  const sizes = levelsOf(width, height);
  const column = columnOf(sizes);
  const tiles: Tile[] = [];
  let y = OUTER;
  for (const [w, h] of sizes.slice(0, column)) {
    tiles.push({ left: OUTER, top: y, right: OUTER + w - 1, bottom: y + h - 1 });
    y += h + GAP;
  }
  const foot = y - GAP;
  const [first] = tiles;
  let bottom = foot - 1;
  for (const [w, h] of sizes.slice(column)) {
    const tile = { left: first!.right - w + 1, top: bottom - h + 1, right: first!.right, bottom };
    if (tile.top <= first!.bottom) break;
    tiles.push(tile);
    bottom -= h + GAP;
  }
  return { width: width + 2 * OUTER, height: foot + OUTER, tiles };
}

type Size = readonly [width: number, height: number];

function levelsOf(width: number, height: number): Size[] {
  const smaller = (side: number) => Math.floor((side * SMALLER) / LARGER);
  const sizes: Size[] = [[width, height]];
  for (
    let [w, h] = [smaller(width), smaller(height)];
    w > 0 && h >= FEWEST_ROWS;
    [w, h] = [smaller(w), smaller(h)]
  )
    sizes.push([w, h]);
  return sizes;
}

/** Levels in the first column. */
function columnOf(sizes: readonly Size[]): number {
  const [[width, height]] = sizes as [Size];
  const total = sizes.reduce((sum, [, h]) => sum + h + GAP, 0) - 2 * GAP;
  let used = 0;
  for (const [i, [w, h]] of sizes.entries()) {
    const last = i === 0 ? 0 : sizes[i - 1]![0];
    if (w <= width - last - GAP && 2 * (used - height) >= total - height) return i;
    used += h + GAP;
  }
  return sizes.length;
}

/** A picture's pyramid on a sheet of zeros, planes of red, green and blue as the network takes them. */
export function sheetOf({ data, width, height }: Picture, layout: SheetLayout): Float32Array {
  const size = layout.width * layout.height;
  const sheet = new Float32Array(3 * size);
  for (let channel = 0; channel < 3; channel++) {
    const plane = sheet.subarray(channel * size, (channel + 1) * size);
    for (let y = 0; y < height; y++) {
      const at = (y + OUTER) * layout.width + OUTER;
      for (let x = 0; x < width; x++)
        plane[at + x] = (data[3 * (y * width + x) + channel]! - MEAN[channel]!) / SCALE;
    }
    for (let level = 1; level < layout.tiles.length; level++)
      resizeTile(plane, layout.width, layout.tiles[level - 1]!, layout.tiles[level]!);
  }
  return sheet;
}

/** A place between two others of a source, and how near it is to the second. */
interface Between {
  first: Int32Array;
  second: Int32Array;
  share: Float64Array;
}

/** Corners lie on corners. Places are summed up, as dlib does, so that truncated results are the same. */
function placesBetween(from: number, to: number): Between {
  const scale = (from - 1) / Math.max(to - 1, 1);
  const places = { first: new Int32Array(to), second: new Int32Array(to), share: new Float64Array(to) };
  for (let i = 0, at = 0; i < to; i++, at += scale) {
    const below = Math.min(Math.floor(at), from - 1);
    places.first[i] = below;
    places.second[i] = Math.min(below + 1, from - 1);
    places.share[i] = at - below;
  }
  return places;
}

function resizeTile(plane: Float32Array, stride: number, from: Tile, to: Tile): void {
  const across = placesBetween(from.right - from.left + 1, to.right - to.left + 1);
  const down = placesBetween(from.bottom - from.top + 1, to.bottom - to.top + 1);
  for (let y = 0; y < down.share.length; y++) {
    const upper = (from.top + down.first[y]!) * stride + from.left;
    const lower = (from.top + down.second[y]!) * stride + from.left;
    const out = (to.top + y) * stride + to.left;
    const low = down.share[y]!;
    for (let x = 0; x < across.share.length; x++) {
      const [a, b, right] = [across.first[x]!, across.second[x]!, across.share[x]!];
      const top = plane[upper + a]! + right * (plane[upper + b]! - plane[upper + a]!);
      const bottom = plane[lower + a]! + right * (plane[lower + b]! - plane[lower + a]!);
      plane[out + x] = top + low * (bottom - top);
    }
  }
}

/** A picture of about twice the size, as dlib enlarges it: corners on corners, and truncated. */
export function enlarged({ data, width, height }: Picture): Picture {
  const [w, h] = [2 * width + 2, 2 * height + 1];
  const [across, down] = [placesBetween(width, w), placesBetween(height, h)];
  const out = new Uint8Array(3 * w * h);
  for (let y = 0; y < h; y++) {
    const [upper, lower] = [3 * down.first[y]! * width, 3 * down.second[y]! * width];
    const low = down.share[y]!;
    for (let x = 0; x < w; x++) {
      const [a, b, right] = [3 * across.first[x]!, 3 * across.second[x]!, across.share[x]!];
      for (let channel = 0; channel < 3; channel++) {
        const top = (1 - right) * data[upper + a + channel]! + right * data[upper + b + channel]!;
        const bottom = (1 - right) * data[lower + a + channel]! + right * data[lower + b + channel]!;
        out[3 * (y * w + x) + channel] = (1 - low) * top + low * bottom;
      }
    }
  }
  return { data: out, width: w, height: h };
}
