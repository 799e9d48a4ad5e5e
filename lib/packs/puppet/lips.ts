import type { Graph, Value } from '../onnx/index.js';
import type { Fit } from './field.js';
import { KEYPOINTS, SEAM } from './keypoints.js';
import { range } from './linalg.js';
import { brightnessOf, cheeksOf, coloursAt } from './observe.js';
import { lipsApart } from './voice.js';

/** The mouth of the source, scalars [1, 1] in crop units. */
export interface Lips {
  xm: Value;
  /** Half the width. */
  hw: Value;
  ym: Value;
  /** Half the height difference of the corners. */
  tilt: Value;
  /** How far the seam hangs below the line between the corners. */
  sag: Value;
  /** By how much more it hangs to the right of the middle. */
  skew: Value;
  /** How far the lips are apart: teeth that show in the picture. They stay with the upper lip. */
  apart: Value;
  /** How far to the left and to the right the mouth can open, in half widths: beyond the corners, or to where something lies on the lip. */
  left: Value;
  right: Value;
  /** How bright the lips are beside the cheeks, .4 to 1: less light reaches teeth between dark ones, or below a moustache. */
  light: Value;
  /** Their colour in the middle, and how much it changes by half the width, [1, 3, 1, 1]. */
  colour: Value;
  change: Value;
}

type Seam = Pick<Lips, 'xm' | 'hw' | 'ym' | 'tilt' | 'sag' | 'skew' | 'apart'>;

/** The least half width, so that a covered mouth, which has none, does not divide by 0. */
const LEAST = 0.02;

/** Of the distance between the landmarks inside closed lips, where the line between the lips is. */
const LINE_BELOW_UPPER = 0.15;

/** @param soft how many times wider than in a sharp picture edges are */
export function lipsOf(g: Graph, fit: Fit, picture: Value, soft: Value): Lips {
  const { mouthL, mouthR, lipUp, lipLo } = KEYPOINTS;
  const row = (index: number) => fit.source.slice(0, index, index + 1);
  const [xm, ym] = halves(g, row(mouthL.index).add(row(mouthR.index)));
  const [half, tilt] = halves(g, row(mouthR.index).sub(row(mouthL.index)));
  const hw = half.max(LEAST);
  const upper = row(lipUp.index).slice(1, 1, 2).add(SEAM.lip);
  const between = row(lipLo.index).slice(1, 1, 2).sub(SEAM.lip).sub(upper);
  const inner = between.min(g.scope('drawn', () => untilSkin(g, { xm, hw, upper }, picture)));
  const apart = lipsApart(g, inner);
  const seam = g.formula(`upper + apart + ${LINE_BELOW_UPPER} * (inner - apart)`, { upper, inner, apart });
  const rough = { xm, hw, ym, tilt, sag: seam.sub(ym), apart };
  const lips = { ...rough, ...g.scope('seam', () => seamOf(g, rough, picture, soft.reshape(1, 1))) };
  const free = { ...lips, ...g.scope('free', () => freeOf(g, lips, picture)) };
  return { ...free, ...g.scope('light', () => looksOf(g, free, picture)) };
}

// Rows on both lips, from where they part; the upper one lies above the teeth that show.
const ON_LIPS = [-0.036, -0.024, -0.012, 0.012, 0.024, 0.036];
/** Lips of this brightness beside the cheeks leave teeth as bright as they are. */
const BRIGHT_LIPS = 0.8;
/** Painted ones may be dark but for one colour, which is this much brighter then. */
const PAINTED_LIPS = 1.2;

function looksOf(
  g: Graph,
  lips: Omit<Lips, 'light' | 'colour' | 'change'>,
  picture: Value,
): Pick<Lips, 'light' | 'colour' | 'change'> {
  const u = g.constant('across', Float32Array.from(ON_ROW), [1, 1, ON_ROW.length, 1]);
  const down = g.constant('down', Float32Array.from(ON_LIPS), [1, ON_LIPS.length, 1, 1]);
  const x = g.formula('xm + hw * u + 0 * down', { ...lips, u, down });
  const y = g.formula('ym + tilt * u + (sag + down - apart * clip(-100 * down, 0, 1)) * (1 - u * u)', {
    ...{ ...lips, u, down },
  });
  const along = coloursAt(g, picture, g.concat(3, [x, y])).mean([2]);
  const sides = u.reshape(1, 1, 1, ON_ROW.length);
  const free = g.formula('.01 + clip(8 * (left + sides), 0, 1) * clip(8 * (right - sides), 0, 1)', {
    ...lips,
    sides,
  });
  const lit = g.formula('all / weight', { all: along.mul(free).sum([3]), weight: free.sum([3]) });
  const slope = along.mul(sides.mul(1 / SQUARES)).sum([3]);
  const change = g.formula('max(min(free * slope, 2 * lit), -2 * lit)', {
    slope,
    lit,
    free: free.minOver([3]),
  });
  return { light: lightBetween(g, lit, cheeksOf(picture).add(0.01)), colour: lit, change };
}

function lightBetween(g: Graph, lit: Value, cheeks: Value): Value {
  return g.formula(
    `clip(max(seen / most, strongest / (${PAINTED_LIPS} * largest)) / ${BRIGHT_LIPS}, .4, 1)`,
    {
      seen: brightnessOf(g, lit),
      most: brightnessOf(g, cheeks),
      strongest: lit.maxOver([1]),
      largest: cheeks.maxOver([1]),
    },
  );
}

// Places on the lower lip, from where one ends to the middle, and how far below its edge.
const OUTER = 0.75;
const INWARDS = range(0, 6).map((i) => OUTER * (1 - i / 5));
const ON_LIP = [0.012, 0.024, 0.036];
/** Lips that are redder than the cheeks by more than this are painted; others may look like what lies on them. */
const PAINTED = 0.25;
/** Without anything on the lips: beyond every corner. */
const OPEN = 1.5;

/** Where a finger, or something else of the skin's colour, lies on a part of painted lips, it is not cut. */
function freeOf(g: Graph, lips: Seam, picture: Value): Pick<Lips, 'left' | 'right'> {
  const sides = [...INWARDS.map((at) => -at), ...INWARDS];
  const u = g.constant('across', Float32Array.from(sides), [1, 1, sides.length, 1]);
  const down = g.constant('down', Float32Array.from(ON_LIP), [1, ON_LIP.length, 1, 1]);
  const x = g.formula('xm + hw * u + 0 * down', { ...lips, u, down });
  const y = g.formula('ym + tilt * u + (sag + down) * (1 - u * u)', { ...lips, u, down });
  const seen = rednessOf(g, coloursAt(g, picture, g.concat(3, [x, y])).mean([2]));
  const redder = seen.sub(rednessOf(g, cheeksOf(picture))).reshape(1, sides.length);
  const most = redder.maxOver([1]);
  const on = g.formula(
    `clip(2 - 14 * redder / (abs(most) + .01), 0, 1) * clip(20 * (most - ${PAINTED}), 0, 1)`,
    {
      ...{ redder, most },
    },
  );
  const [left, right] = g.split(on, 1, [INWARDS.length, INWARDS.length]) as [Value, Value];
  return { left: limitOf(g, left), right: limitOf(g, right) };
}

/** How much more red than green there is, as a share of all light, of colours [1, 3, n, m]. */
function rednessOf(g: Graph, colours: Value): Value {
  const [red, green] = g.split(colours, 1, [1, 1, 1]) as [Value, Value, Value];
  return g.formula('(red - green) / (all + .02)', { red, green, all: colours.sum([1]) });
}

/** How far from the middle a side is free, by what lies on it from its end inwards, [1, 6]. */
function limitOf(g: Graph, on: Value): Value {
  const until = g.matrix(
    'inwards',
    INWARDS.map((_, row) => INWARDS.map((_, to) => (row <= to ? 1 : 0))),
  );
  const run = g.formula('relu(1 - gone)', { gone: g.formula('1 - on', { on }).matmul(until) }).sum([1]);
  const step = OUTER / 5;
  return g.formula(`${OPEN} - ${OPEN - OUTER + step / 2} * clip(run, 0, 1) - ${step} * relu(run - 1)`, {
    run,
  });
}

// Rows of the search for skin within the mouth, below the inner edge of the upper lip, and where on them.
const ROW = 0.008;
const ROWS = range(1, 25).map((i) => i * ROW);
const ON_ROW = [-0.4, -0.2, 0, 0.2, 0.4];
const SQUARES = ON_ROW.reduce((sum, at) => sum + at * at, 0);
/** A row of skin has nowhere another colour than the cheeks by more than this: so the rows of a drawing, and no others. */
const SAME = 0.12;

/**
 * How far below the upper lip the first row is that is all of the skin's colour, [1, 1]; more than any mouth, if there is none. The
 * landmarks of a drawing may take what lies below the mouth, a beard, for its end.
 */
function untilSkin(g: Graph, { xm, hw, upper }: Record<'xm' | 'hw' | 'upper', Value>, picture: Value): Value {
  const u = g.constant('across', Float32Array.from(ON_ROW), [1, 1, ON_ROW.length, 1]);
  const down = g.constant('down', Float32Array.from(ROWS), [1, ROWS.length, 1, 1]);
  const x = g.formula('xm + hw * u + 0 * down', { xm, hw, u, down });
  const y = g.formula('upper + 0 * u + down', { upper, u, down });
  const off = coloursAt(g, picture, g.concat(3, [x, y]))
    .sub(cheeksOf(picture))
    .abs()
    .maxOver([1, 3]);
  const skin = g.formula(`clip((${SAME} - off) / .05, 0, 1)`, { off: off.reshape(1, ROWS.length) });
  const until = g.matrix(
    'until',
    ROWS.map((_, row) => ROWS.map((_, to) => (row <= to ? 1 : 0))),
  );
  return g
    .formula('relu(1 - seen)', { seen: skin.matmul(until) })
    .sum([1])
    .mul(ROW)
    .add(ROW);
}

function halves(g: Graph, pair: Value): [Value, Value] {
  return g.split(pair.mul(0.5), 1, [1, 1]) as [Value, Value];
}

// Places of the search: across the middle of the mouth, and up and down from where the landmarks have the seam.
const ACROSS = range(-6, 7).map((i) => i / 10);
const STEP = 0.004;
const DOWN = range(-10, 11).map((i) => i * STEP);
/** The dark line is looked for about this far from the landmarks. */
const NEAR = 0.016;

/** Rows above and below a place that are compared to find where teeth end that show; below a gap between them may be another row of them. */
const ABOVE = 4;
const BELOW = 7;
/** By how much farther away places above the landmarks count, where lower teeth may show. */
const HIGHER = 0.9;

/** All places of the search across the mouth, those on the left and those on the right: shares of each, and how far from the middle sides lie. */
const SIDES = ACROSS.map((u) => [1 / ACROSS.length, u < 0 ? 1 / 6 : 0, u > 0 ? 1 / 6 : 0]);
const SIDE = 0.35;

/**
 * Where the lips part, and how far they are apart then: at the dark line between closed lips, below the teeth that show between others, where
 * green and blue get less. Sides that do not agree have found something else; and in soft pictures the landmarks are nearer.
 */
function seamOf(
  g: Graph,
  lips: Omit<Seam, 'skew'>,
  picture: Value,
  soft: Value,
): Pick<Seam, 'sag' | 'skew' | 'apart'> {
  const u = g.constant('across', Float32Array.from(ACROSS), [1, 1, ACROSS.length, 1]);
  const down = g.constant('down', Float32Array.from(DOWN), [1, DOWN.length, 1, 1]);
  const still = g.constant('still', new Float32Array(DOWN.length), [1, DOWN.length, 1, 1]);
  const x = g.formula('xm + hw * u + still', { ...lips, u, still });
  const y = g.formula('ym + tilt * u + sag * (1 - u * u) + down', { ...lips, u, down });
  const colours = coloursAt(g, picture, g.concat(3, [x, y])).reshape(3 * DOWN.length, ACROSS.length);
  const [closed, left, right] = g.split(
    foundRows(g, colours.matmul(g.matrix('sides', SIDES)), lips.apart),
    1,
    [1, 1, 1],
  ) as [Value, Value, Value];
  const at = { closed, left, right, soft, ...lips };
  const open = g.formula(
    'clip(apart / .01 - 1, 0, 1) * clip(4 - 1.7 * soft, 0, 1) * clip(2 - abs(right - left) / .012, 0, 1)',
    at,
  );
  const end = g.formula('.5 * (left + right) * open', { ...at, open });
  return {
    sag: g.formula('sag + closed * (1 - clip(apart / .01, 0, 1)) + end', { ...at, end }),
    skew: g.formula(`(right - left) * open / ${2 * SIDE * (1 - SIDE ** 2)}`, { ...at, open }),
    apart: lips.apart.add(end),
  };
}

/** How far below the landmarks the row is, of the mean colours of columns, [3 rows, 3]: the dark one of the first, and where teeth end of the others; [1, 3]. */
function foundRows(g: Graph, colours: Value, apart: Value): Value {
  const seen = g
    .matrix('seen', [
      [0.3, 0.59, 0.11],
      [0, 0.6, 0.4],
    ])
    .matmul(colours.reshape(3, 3 * DOWN.length));
  const [light, teeth] = g
    .split(seen.reshape(2, DOWN.length, 3), 0, [1, 1])
    .map((of) => standing(g, of.reshape(DOWN.length, 3))) as [Value, Value];
  const rows = g.constant('rows', Float32Array.from(DOWN), [DOWN.length, 1]);
  const less = g
    .matrix(
      'less',
      DOWN.map((_, to) => DOWN.map((_, row) => lessBelow(row, to))),
    )
    .matmul(teeth);
  const first = g.constant('first', Float32Array.of(1, 0, 0), [1, 3]);
  const at = { light, less, rows, apart, first };
  const closed = g.formula(`-6 * light - .5 * (rows / ${NEAR})^2`, at);
  const open = g.formula(
    `5 * less - light - .5 * ((rows - ${HIGHER} * relu(-rows)) / ${NEAR})^2 - 400 * relu(-rows - .7 * apart)`,
    at,
  );
  const score = g.formula('open + first * (closed - open)', { ...at, open, closed });
  return score.softmax(0).mul(rows).sum([0]);
}

/** Rows of columns, [n, m], each less the column's mean and over its spread. */
function standing(g: Graph, rows: Value): Value {
  const offset = rows.sub(rows.mean([0]));
  const square = offset.mul(offset).mean([0]);
  return g.formula('offset / (sqrt(square) + .02)', { offset, square });
}

/** Weight of a row for the difference of what lies above a place and what lies below it. */
function lessBelow(row: number, to: number): number {
  const below = Math.min(BELOW, DOWN.length - to);
  if (to < ABOVE || below < ABOVE || row < to - ABOVE || row >= to + below) return 0;
  return row < to ? 1 / ABOVE : -1 / below;
}
