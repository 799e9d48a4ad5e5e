/** What the renderer reads from the picture itself: its light, its colours, how soft it is, and what lies at some places. */
import type { Graph, Value } from '../onnx/index.js';
import { CROP_SIZE } from './appearance.js';

/** Light of the face; what is drawn in the mouth takes it on. Each [1, n, 1, 1]. */
export interface Light {
  /** Factor for each colour, [1, 3, 1, 1]. */
  tint: Value;
  /** 1 in a picture without colours, 0 in a coloured one. */
  grey: Value;
}

// Rows and columns from below the eyes to the upper lip, where no beard grows; every fourth is enough for means.
const CHEEKS = { rows: [244, 332], columns: [170, 343] } as const;
/** A picture whose colours differ by less than this share of its brightness, on the mean, is a grey one. */
const COLOURED = 0.12;

export function lightOf(g: Graph, picture: Value): Light {
  const mean = cheeksOf(picture);
  const tint = g.formula('(.06 + .94 * largest) * (.7 + .3 * mean / (largest + .01))', {
    mean,
    largest: mean.maxOver([1]),
  });
  return { tint, grey: greyness(g, picture) };
}

/** The mean colour of the cheeks, [1, 3, 1, 1]. */
export function cheeksOf(picture: Value): Value {
  return everyOf(picture, 4, CHEEKS.rows, CHEEKS.columns).mean([2, 3]);
}

type Stretch = readonly [from: number, to: number];

/** One pixel of so many in rows and columns; cut in one go, since cutting copies. */
function everyOf(picture: Value, step: number, rows: Stretch, columns: Stretch): Value {
  const { graph: g } = picture;
  const ints = [
    [rows[0], columns[0]],
    [rows[1], columns[1]],
    [2, 3],
    [step, step],
  ].map((of) => g.ints(of));
  return g.op('Slice', [picture, ...ints]);
}

/** Every eighth pixel: the mean difference of the largest and the smallest colour. */
function greyness(g: Graph, picture: Value): Value {
  const few = everyOf(picture, 8, [0, CROP_SIZE], [0, CROP_SIZE]);
  const [largest, smallest] = [few.maxOver([1]).mean([2, 3]), few.minOver([1]).mean([2, 3])];
  return g.formula(`1 - clip((largest - smallest) / (${COLOURED} * largest + .001), 0, 1)`, {
    largest,
    smallest,
  });
}

/** A colour in the light of the picture, [1, 3, 1, 1]; without its colour where the picture has none. */
export function colour(g: Graph, name: string, rgb: readonly number[], { tint, grey }: Light): Value {
  const lightness = 0.3 * rgb[0]! + 0.59 * rgb[1]! + 0.11 * rgb[2]!;
  const own = g.constant(name, Float32Array.from(rgb), [1, 3, 1, 1]);
  const towards = g.constant(
    `${name}_grey`,
    Float32Array.from(rgb, (value) => lightness - value),
    [1, 3, 1, 1],
  );
  return g.formula('(own + grey * towards) * tint', { own, towards, grey, tint });
}

/**
 * How many times wider than in a sharp picture edges are drawn, 1 to 4, [1, 1, 1, 1]. In an enlarged or blurred picture a step of
 * eight pixels changes almost eight times as much as a step of one: the ratio is 4 to 5 for a face of 400 pixels, 7 for one of 50.
 */
export function softness(g: Graph, picture: Value): Value {
  const rows = picture.slice(2, 176, 432, 8).slice(1, 1, 2);
  const at = (offset: number) => rows.slice(3, 120 + offset, 384 + offset);
  const change = (offset: number) => at(0).sub(at(offset)).abs().mean([2, 3]);
  const ratio = g.formula('far / (near + .0004)', { far: change(8), near: change(1) });
  return g.formula('clip(1 + (ratio - 5.6) * 1.3, 1, 4)', { ratio });
}

/** Brightness, 0 to 1, at positions [1, h, w, 2] of the picture: [1, 1, h, w]. */
export function brightnessAt(g: Graph, picture: Value, positions: Value): Value {
  return brightnessOf(g, coloursAt(g, picture, positions));
}

/** Brightness of colours [1, 3, h, w]: [1, 1, h, w]. */
export function brightnessOf(g: Graph, colours: Value): Value {
  return colours.mul(g.constant('luminance', Float32Array.of(0.3, 0.59, 0.11), [1, 3, 1, 1])).sum([1]);
}

/** Colours at positions [1, h, w, 2] of the picture: [1, 3, h, w]. */
export function coloursAt(g: Graph, picture: Value, positions: Value): Value {
  const attributes = { mode: 'linear', padding_mode: 'zeros', align_corners: 0 };
  return g.op('GridSample', [picture, positions], attributes);
}
