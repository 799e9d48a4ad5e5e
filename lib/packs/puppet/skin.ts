/** What the renderer sees of the skin around the eyes, which lids are made of. */
import type { Graph, Value } from '../onnx/index.js';
import { range } from './linalg.js';
import { brightnessAt, coloursAt } from './observe.js';

/** Both eyes of the source, each [2, 1, 1, 1]: see eyes.ts. */
interface Eye {
  x0: Value;
  yc: Value;
  hw: Value;
  he: Value;
}

/** Positions in the picture of places around both eyes, given across in half widths and down from their upper lids or lower ones. */
function around(
  g: Graph,
  eye: Eye,
  name: string,
  { across, down }: { across: readonly number[]; down: readonly number[] },
  lid: 1 | -1,
): Value {
  const u = g.constant(`${name}_across`, Float32Array.from(across), [1, 1, across.length, 1]);
  const rows = g.constant(`${name}_down`, Float32Array.from(down), [1, down.length, 1, 1]);
  const y = g.formula(`yc + ${lid} * (he + .009) * (1 - u^4) + rows`, { ...eye, u, rows });
  const x = g.formula('x0 + hw * u + 0 * rows', { ...eye, u, rows });
  return g.concat(3, [x, y]).reshape(1, 2 * down.length, across.length, 2);
}

const STEP = 0.004;
const UP = range(0, 8);
const MIDDLE = [-0.4, -0.2, 0, 0.2, 0.4];

/**
 * How far it is dark above the lashes, [2, 1, 1, 1]: thick lashes, or the shadow that a deep-set eye lies in.
 */
export function darkAbove(g: Graph, eye: Eye, picture: Value): Value {
  const places = around(g, eye, 'above', { across: MIDDLE, down: UP.map((i) => -STEP * i) }, -1);
  const light = brightnessAt(g, picture, places).mean([3]).reshape(2, UP.length);
  const lit = g.formula('clip(5 * light / (most + .004) - 2.5, 0, 1)', { light, most: light.maxOver([1]) });
  // Rows count up to the first that is not dark.
  const until = g.matrix(
    'until',
    UP.map((row) => UP.map((to) => (row <= to ? 1 : 0))),
  );
  const dark = g.formula('relu(1 - seen)', { seen: lit.matmul(until) });
  return dark.sum([1]).mul(STEP).reshape(2, 1, 1, 1);
}

// Skin is looked for from the lashes to the brow, and below the eye; the eye between its lids.
const ACROSS = range(-4, 5).map((i) => i / 5);
const ROW = 0.006;
const ABOVE = range(0, 9).map((i) => -ROW * i - 0.004);
const BELOW = range(0, 5).map((i) => 0.012 * i + 0.03);
const WITHIN = [-0.3, 0, 0.3];
const EDGE = range(-1, 6).map((i) => 0.004 * i);

/** Of the colours between the lids, how many may be those of skin: beyond, hair lies over the eye. */
const HIDDEN = 0.57;

/** What is seen at the eyes. */
export interface Seen {
  /** Colours above the lids: in the middle, and what is added towards the right corner; each [2, 3, 1, 1]. */
  middle: Value;
  slope: Value;
  /** The same below the eyes. */
  lowMiddle: Value;
  lowSlope: Value;
  /** Whether it is all skin from the lids to the brows, without lashes, rims, hair or reflections: 0 to 1, [2, 1, 1, 1]. */
  clean: Value;
  /** How far up from the lashes nothing as dark as a rim or a brow lies, [2, 1, 1, 1]. */
  clear: Value;
  /** Whether much of it is brighter than skin, by reflections: 0 to 1, [2, 1, 1, 1]. */
  lights: Value;
  /** How much darker than skin the lashes are, 0 to 1, [2, 1, 1, 1]. */
  lashes: Value;
  /** 0 where something lies over the eye, else 1: [2, 1, 1, 1]. */
  free: Value;
}

export function lidSkin(g: Graph, eye: Eye & { dark: Value }, picture: Value): Seen {
  const raised = { ...eye, he: eye.he.add(eye.dark) };
  const above = samples(
    g,
    picture,
    around(g, raised, 'over', { across: ACROSS, down: ABOVE }, -1),
    ABOVE.length,
  );
  const below = samples(
    g,
    picture,
    around(g, eye, 'under', { across: ACROSS, down: BELOW }, 1),
    BELOW.length,
  );
  const all = g.concat(2, [above, below]);
  const usual = towardsUsual(g, all, towardsUsual(g, all, bright(g, above)));
  const lower = towardsUsual(g, below, bright(g, below));
  const weight = likeness(g, above, usual);
  const lowWeight = likeness(g, below, lower);
  const first = line(g, { colours: above, weight, usual, near: NEAR });
  // What is like the colours of that line: light of two colours falls on some faces.
  const again = likeness(g, above, alongLine(g, first), first.middle);
  const over = line(g, { colours: above, weight: again, usual: first.middle, near: NEAR });
  const under = line(g, { colours: below, weight: lowWeight, usual: lower, near: EVEN });
  const as = (value: Value) => value.reshape(2, 3, 1, 1);
  const clean = cleanOf(g, above, towardsUsual(g, above, over.middle), over.slope);
  const middle = inLight(g, over.middle, lower, clean.reshape(2, 1, 1));
  const lights = lightsOf(g, above, { middle, slope: over.slope });
  return {
    middle: as(middle),
    slope: as(over.slope),
    lowMiddle: as(under.middle),
    lowSlope: as(under.slope),
    clean,
    clear: clearOf(g, above, over),
    lights,
    lashes: lashesOf(g, eye, picture, usual),
    free: freeOf(g, eye, picture, usual)
      .mul(skinBelow(g, lowWeight))
      .mul(underHair(g, lower, lights)),
  };
}

/** Samples that differ by more than a few hundredths from a colour that changes across are of something else. */
function cleanOf(g: Graph, above: Value, colour: Value, slope: Value): Value {
  const off = above
    .sub(alongLine(g, { middle: colour, slope }))
    .abs()
    .maxOver([1]);
  const same = g.formula('clip(2 - off / (.03 + .09 * brightest), 0, 1)', {
    off,
    brightest: colour.maxOver([1]),
  });
  return g.formula('clip((same - .6) / .25, 0, 1)', { same: same.mean([2]) }).reshape(2, 1, 1, 1);
}

/** Rows up to the first of which more than a few samples are far darker than skin. */
function clearOf(g: Graph, above: Value, skin: Record<'middle' | 'slope', Value>): Value {
  const own = above.mean([1]).reshape(2, ABOVE.length, ACROSS.length);
  const usual = alongLine(g, skin).mean([1]).reshape(2, ABOVE.length, ACROSS.length);
  const dark = g.formula('clip((.4 - own / (usual + .01)) / .12, 0, 1)', { own, usual });
  const stop = g.formula('clip((dark - .15) / .15, 0, 1)', { dark: dark.mean([2]) });
  const until = g.matrix(
    'clear_until',
    ABOVE.map((_, row) => ABOVE.map((_, to) => (row <= to ? 1 : 0))),
  );
  const free = g.formula('relu(1 - seen)', { seen: stop.reshape(2, ABOVE.length).matmul(until) });
  return free.sum([1]).mul(ROW).reshape(2, 1, 1, 1);
}

/** The share of samples that are brighter than skin in some colour. */
function lightsOf(g: Graph, above: Value, skin: Record<'middle' | 'slope', Value>): Value {
  const most = above.div(alongLine(g, skin).add(0.01)).maxOver([1]);
  const share = g.formula('clip((most - 1.3) / .25, 0, 1)', { most }).mean([2]);
  return g.formula('clip((share - .2) / .15, 0, 1)', { share }).reshape(2, 1, 1, 1);
}

/** The colours of a line over u at the samples above the lids, [2, 3, samples]. */
function alongLine(g: Graph, { middle, slope }: Record<'middle' | 'slope', Value>): Value {
  const across = ABOVE.flatMap(() => ACROSS);
  const u = g.constant('across', Float32Array.from(across), [1, 1, across.length]);
  return g.formula('middle + slope * u', { middle, slope, u });
}

/** The darkest row about the edge of the upper lid, against the skin. */
function lashesOf(g: Graph, eye: Eye, picture: Value, usual: Value): Value {
  const places = around(g, eye, 'lashes', { across: MIDDLE, down: EDGE }, -1);
  const rows = brightnessAt(g, picture, places).mean([3]).reshape(2, EDGE.length);
  const skin = usual.mean([1]).reshape(2, 1);
  const dark = g.formula('1 - least / (skin + .01)', { least: rows.minOver([1]), skin });
  return dark.clip(0, 1).reshape(2, 1, 1, 1);
}

/** An eye has skin below, also behind glasses; where there is none either, hair lies over both. */
function skinBelow(g: Graph, weight: Value): Value {
  return g.formula('clip((like - .2) / .15, 0, 1)', { like: weight.mean([2]) }).reshape(2, 1, 1, 1);
}

/** Hair of which strands shine lies over an eye around which it is far darker than around the other one. */
function underHair(g: Graph, lower: Value, lights: Value): Value {
  const own = lower.mean([1]).reshape(2, 1, 1, 1);
  const other = own.gather(0, [1, 0]);
  return g.formula('1 - lights * clip((.65 - own / (other + .01)) / .15, 0, 1)', { own, other, lights });
}

/** An eye is not of one colour with the skin around it. */
function freeOf(g: Graph, eye: Eye, picture: Value, usual: Value): Value {
  const flat = { ...eye, he: g.formula('0 * he - .009', { ...eye }) };
  const places = around(g, flat, 'within', { across: ACROSS, down: WITHIN.map((v) => 0.06 * v) }, 1);
  const like = likeness(g, samples(g, picture, places, WITHIN.length), usual).mean([2]);
  return g.formula(`clip((${HIDDEN} - like) / .12, 0, 1)`, { like }).reshape(2, 1, 1, 1);
}

/** Colours at places around both eyes: [2, 3, places]. */
function samples(g: Graph, picture: Value, places: Value, rows: number): Value {
  return coloursAt(g, picture, places)
    .reshape(3, 2, rows * ACROSS.length)
    .transpose(1, 0, 2);
}

/** The mean of colours, of which bright ones count more: skin is brighter than brows, lashes and rims. */
function bright(g: Graph, colours: Value): Value {
  const weight = colours.mean([1]);
  return g.formula('sum / total', { sum: colours.mul(weight).sum([2]), total: weight.add(0.001).sum([2]) });
}

/** How like a colour [2, 3, 1], or those along a line about it, those of samples [2, 3, n] are: [2, 1, n], 0 to 1. */
function likeness(g: Graph, colours: Value, colour: Value, middle = colour): Value {
  const off = colours.sub(colour);
  const width = g.formula('.02 + .10 * brightest', { brightest: middle.maxOver([1]) });
  return g.formula('exp(-.5 * square / width^2)', { square: off.mul(off).mean([1]), width });
}

/** The mean of the samples that are like a colour: towards the colour that most have, away from brows, lashes and reflections. */
function towardsUsual(g: Graph, colours: Value, colour: Value): Value {
  const weight = likeness(g, colours, colour);
  return g.formula('sum / total', { sum: colours.mul(weight).sum([2]), total: weight.add(0.001).sum([2]) });
}

/** How much the usual colour counts, in samples. */
const DOUBT = 6;
/** How much it counts that a colour does not change across. */
const LEVEL = 1.5;

/** How much of its colour a lid that comes down, into the light, has from below the eye. */
const LIT = 0.1;
/** How bright a lid may be, in shares of the skin below the eye: a darker one would be of a rim or a brow, a brighter one of a reflection. */
const BRIGHTNESS = { least: 0.65, most: 0.85, clean: { least: 0.5, most: 1.02 } } as const;
/** By how much of it its colours may differ from that skin's, as bright: reflections are green and white, and make-up is on clean lids. */
const HUE = { least: 0.06, clean: 0.9 } as const;

/** Nearer to the lashes counts more. */
const NEAR = ABOVE.flatMap((y) => ACROSS.map(() => Math.exp(y / 0.06)));
const EVEN = BELOW.flatMap(() => ACROSS.map(() => 1));

/** The line through colours over u, by their weights: the middle and what a unit of u adds, [2, 3, 1]. */
function line(
  g: Graph,
  { colours, weight, usual, near }: Record<'colours' | 'weight' | 'usual', Value> & { near: number[] },
): { middle: Value; slope: Value } {
  const count = near.length;
  const counts = g.constant(`near${count}`, Float32Array.from(near), [1, 1, count]);
  const across = near.map((_, i) => ACROSS[i % ACROSS.length]!);
  const u = g.constant(`u${count}`, Float32Array.from(across), [1, 1, count]);
  const w = weight.mul(counts);
  const total = w.sum([2]).add(DOUBT);
  const middle = g.formula(`(sum + ${DOUBT} * usual) / total`, {
    sum: colours.mul(w).sum([2]),
    usual,
    total,
  });
  const turned = g.formula('(colours - middle) * (w * u)', { colours, middle, w, u }).sum([2]);
  const spread = g.formula('w * u * u', { w, u }).sum([2]).add(LEVEL);
  return { middle, slope: turned.div(spread) };
}

/** A colour moved towards that of the skin below the eye, neither too dark nor too bright beside it and, of a lid that is not clean, alike. */
function inLight(g: Graph, colour: Value, lower: Value, clean: Value): Value {
  const lit = g.formula(`colour + ${LIT} * (lower - colour)`, { colour, lower });
  const share = g.formula('own / (skin + .001) + .001', { own: lit.mean([1]), skin: lower.mean([1]) });
  const most = mixed(g, clean, BRIGHTNESS.most, BRIGHTNESS.clean.most);
  const least = mixed(g, clean, BRIGHTNESS.least, BRIGHTNESS.clean.least);
  const bright = g.formula('max(min(share, most), least)', { share, most, least });
  const alike = lower.mul(bright);
  const off = g.formula(`alike * (${HUE.least} + ${HUE.clean - HUE.least} * clean)`, { alike, clean });
  return g.formula('max(min(lit * bright / share, alike + off), alike - off)', {
    ...{ lit, bright, share, alike, off },
  });
}

/** From a value to that of what is clean. */
function mixed(g: Graph, clean: Value, from: number, to: number): Value {
  return g.formula(`${from} + ${to - from} * clean`, { clean });
}
