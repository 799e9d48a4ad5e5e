import type { Graph, Value } from '../onnx/index.js';
import {
  amongAllColumns,
  columns,
  EYE_ROWS,
  FINE,
  LEFT_EYE_COLUMNS,
  lengthOf,
  positions,
  RIGHT_EYE_COLUMNS,
} from './bands.js';
import { DIRECTIONS } from './directions.js';
import type { Fit } from './field.js';
import { KEYPOINTS } from './keypoints.js';
import { type Band, type Lids, type OnLid, onLid, SOFTER, sliding, WIDTH } from './lids.js';
import { coloursAt } from './observe.js';
import { darkAbove, lidSkin } from './skin.js';
import { MOTION } from './statistics.js';

/** Lids reach a little beyond the corners of the eye. */
const WIDER = 1.22;
/** How far a keypoint of a lid moves to shut the eye. */
const SHUT = DIRECTIONS.lid[MOTION.exp + 3 * KEYPOINTS.lidUpL.index + 1];
/** An eye of a flatter shape, height over width, is shut in the picture already. It opens fully over the same range again. */
const FLAT = 0.12;

/** The band of the eyes with the lids drawn. */
export interface Eyes {
  /** Movement in x and y, [1, 2, 72, 256]. */
  displacement: Value;
  /** What is left of the picture, [1, 1, 72, 256]. */
  keep: Value;
  /** The skin of the lids, already weighted: [1, 3, 72, 256]. */
  inside: Value;
}

/**
 * Draws the upper lids over the eyes.
 *
 * @param displacement of the band without the lids: [1, 2, 72, 256], x and y
 * @param picture the crop, [1, 3, 512, 512]
 * @param soft how many times wider than in a sharp picture edges are drawn
 */
export function eyes(g: Graph, fit: Fit, displacement: Value, picture: Value, soft: Value): Eyes {
  const [dx, dy] = g.split(displacement, 1, [1, 1]) as [Value, Value];
  const x = bothEyes(g, dx.add(positions(g, 'x', { from: 0, to: FINE })));
  const y = bothEyes(g, dy.add(positions(g, 'y', EYE_ROWS)));
  const { move, turn, taken, skin } = lids(g, { ...lidsOf(g, fit, picture), soft, x, y }, picture);
  const [left, right] = g.split(g.concat(1, [move, turn, taken, skin]), 0, [1, 1]) as [Value, Value];
  const sum = amongAllColumns(g, left, LEFT_EYE_COLUMNS, 0).add(
    amongAllColumns(g, right, RIGHT_EYE_COLUMNS, 0),
  );
  const [lidMove, turned, hidden, inside] = g.split(sum, 1, [1, 1, 1, 3]) as [Value, Value, Value, Value];
  const { across, along } = g.scope('look', () => look(g, fit));
  const across2 = g.formula('dx - turned * across', { dx, turned, across });
  const along2 = g.formula('dy - lidMove - turned * along', { dy, lidMove, turned, along });
  return {
    displacement: g.concat(1, [across2, along2]),
    keep: g.formula('1 - hidden', { hidden }),
    inside,
  };
}

/** How far the irises go against a turn of the head, so that the eyes stay on the viewer: crop units for each unit of parallax. */
const HOLD = 0.0917;
const FURTHEST = 0.016;

/** Where the irises are, in crop units from where the picture has them, each [1, 1, 1, 1]: against the turn of the head, and a glance. */
function look(g: Graph, fit: Fit): { across: Value; along: Value } {
  const glance = fit.residual.gather(0, [KEYPOINTS.lidUpL.index, KEYPOINTS.lidUpR.index]).slice(1, 0, 1);
  const [left, right] = g.split(glance.reshape(2), 0, [1, 1]) as [Value, Value];
  const held = g.formula(`clip(${HOLD} * depth, -${FURTHEST}, ${FURTHEST})`, { depth: fit.depth.reshape(2) });
  const [x, y] = g.split(held, 0, [1, 1]) as [Value, Value];
  return {
    across: g.formula('x + .5 * (left + right)', { x, left, right }).reshape(1, 1, 1, 1),
    along: g.formula('y + .5 * (left - right)', { y, left, right }).reshape(1, 1, 1, 1),
  };
}

/** The columns around each eye, stacked: [2, 1, 72, 96]. */
function bothEyes(g: Graph, value: Value): Value {
  return g.concat(0, [columns(value, LEFT_EYE_COLUMNS), columns(value, RIGHT_EYE_COLUMNS)]);
}

/** How much of the lid is painted, the rest is the picture: where skin comes down, where other things would, and along the edge. */
const PAINTED = { skin: 0.15, else: 0.98, edge: 0.9 } as const;
/** How much darker the edge of a shut lid is at least and at most. */
const EDGE = { least: 0.45, most: 0.92 } as const;

/**
 * The lid from where the picture has it down to where it comes: its colour [2, 3, 72, 96], weighted; how much of the picture it takes
 * away; and how far it comes down. `turn` says how far each pixel turns with the eye: 1 inside and 0 at the lids.
 */
function lids(g: Graph, band: Band, picture: Value): Record<'move' | 'turn' | 'taken' | 'skin', Value> {
  const at = { ...band, ...onLid(g, band) };
  const { slide, lash } = sliding(g, at);
  const edge = g.formula(`exp(-((above / (${WIDTH} * soft))^2))`, at);
  const brim = g.formula('clip(2 - abs(above + .0005) / .0042, 0, 1)', at);
  const { odd, kept } = g.scope('odd', () => oddness(g, { ...at, slide }, picture));
  const drawn = painted(g, { ...at, lash, odd, kept, brim });
  const line = g.formula(
    `min(min(2 * c, .45 + .55 * c), 1) * clip(1.25 * lashes, ${EDGE.least}, ${EDGE.most}) / (.6 + .4 * soft)`,
    at,
  );
  const lit = g.formula('1 - line * inner * (1.5 - .5 * inner) * max(edge, brim)', {
    ...at,
    line,
    edge,
    brim,
  });
  // A fold above, and a ball below, darker to the sides.
  const shade = g.formula(
    '.95 + .07 * profile - (.09 - .04 * clean) * exp(-(((below - .004) / (.016 * soft))^2))',
    at,
  );
  const weight = g.formula('shade * drawn * lit', { shade, drawn, lit });
  return {
    move: slide,
    turn: turning(g, at),
    taken: g.formula('1 - (1 - drawn) * lit', { drawn, lit }),
    skin: g.formula('colour + sharp * grain', {
      colour: lidColour(g, at, weight),
      sharp: g.formula('weight * clip(2 - soft, 0, 1)', { ...at, weight }),
      grain: g.scope('grain', () => grain(g, at, picture)),
    }),
  };
}

/** How much of each pixel is painted, [2, 1, 72, 96]. */
function painted(g: Graph, at: Band & OnLid & Record<'lash' | 'odd' | 'kept' | 'brim', Value>): Value {
  const { painted: each, most, edge } = SOFTER;
  const least = g.formula(`max(poor, clip(${each} * (soft - 1), 0, ${most}))`, { ...at });
  const flat = g.formula(
    `(${PAINTED.skin} + ${PAINTED.else - PAINTED.skin} * max(least, odd)) * (1 - kept)`,
    { ...at, least },
  );
  const fade = g.formula('clip(1 + below / from, 0, 1)', { ...at });
  const lid = g.formula('flat * (1 - lash * (1 - still)) * (fade * fade * (3 - 2 * fade))', {
    ...at,
    flat,
    fade,
  });
  const ends = g.formula(`clip(${edge} * (soft - 1), 0, .95) * clip(2 - above / (.01 * soft), 0, 1)`, {
    ...at,
  });
  const side = g.formula('clip((2 * inner - .2) / (.7 + .3 * soft), 0, 1)', { ...at });
  return g.formula(`reached * (side * side * (3 - 2 * side)) * max(lid, max(ends, ${PAINTED.edge} * brim))`, {
    ...at,
    side,
    lid,
    ends,
  });
}

/** What comes down is as bright as skin in shares of it, clean skin and other, or else painted so far that it is. */
const BRIGHTNESS = { least: { clean: 0.65, else: 0.85 }, most: 1.2 } as const;

/**
 * How unlike skin what comes down is, 0 to 1, [2, 1, 72, 96]: dark as a rim or a brow, or brighter in some colour, as reflections are.
 * `kept` is how much of it is light on glasses, which stays on a lid that is painted over the picture.
 */
function oddness(
  g: Graph,
  at: Band & OnLid & { slide: Value },
  picture: Value,
): Record<'odd' | 'kept', Value> {
  const y = g.formula('y - slide', { ...at });
  const seen = coloursAtBoth(g, picture, at.x, y);
  const skin = g.formula('middle + slope * clip(u, -1, 1) + .01', { ...at });
  const most = g.formula('seen / skin', { seen, skin }).maxOver([1]);
  const { least, most: limit } = BRIGHTNESS;
  const below = g.formula(`${1 - least.else} + ${least.else - least.clean} * clean`, { ...at });
  const dark = g.formula('1 - below / max(1 - most, .01)', { below, most });
  const light = g.formula(`1 - ${limit - 1} / max(most - 1, .01)`, { most });
  return {
    odd: g.formula('relu(max(dark, light))', { dark, light }),
    kept: reflected(g, { ...at, most }),
  };
}

/** Light beside the eye, where no white of the eye is: far brighter than skin in some colour, less so where much is, and bright in itself. */
function reflected(g: Graph, at: Band & OnLid & { most: Value }): Value {
  const within = g.formula('(he + .008) * arch - abs(y - yc)', { ...at });
  const scale = g.formula('4 * brightest', { brightest: at.middle.maxOver([1]) });
  return g.formula(
    'still * clip(2.5 * most - 3.75 + lights, 0, 1) * clip(most * scale - 2, 0, 1) * clip(.5 - within / .012, 0, 1)',
    { ...at, scale, within },
  );
}

/** Colours at positions of both eyes, each [2, 1, 72, 96]: [2, 3, 72, 96]. */
function coloursAtBoth(g: Graph, picture: Value, x: Value, y: Value): Value {
  const [rows, columns] = [lengthOf(EYE_ROWS), lengthOf(LEFT_EYE_COLUMNS)];
  const places = g.concat(
    3,
    [x, y].map((of) => of.reshape(1, 2 * rows, columns, 1)),
  );
  return coloursAt(g, picture, places).reshape(3, 2, rows, columns).transpose(1, 0, 2, 3);
}

/** Of the brightness of skin, how far its grain differs from its colour; what differs by much more is something else. */
const GRAIN = 0.1;

/** What the skin below the eye differs by from its colour, [2, 3, 72, 96]: mirrored at the lid's lower edge, so that painted lids are no smoother than it. */
function grain(g: Graph, at: Band & OnLid, picture: Value): Value {
  const y = g.formula('yc + he + .034 + .8 * clip(above, -.01, .1)', { ...at });
  const seen = coloursAtBoth(g, picture, at.x, y);
  const across = at.u.clip(-1, 1);
  const off = g.formula('seen - lowMiddle - lowSlope * across', { ...at, seen, across });
  const within = g.formula(`.6 / (${GRAIN} * most + .004)`, { most: at.lowMiddle.maxOver([1]) });
  const share = g.formula('off * within', { off, within });
  const like = g.formula('relu(1 - share * share)', { share });
  return g.formula('off * like * like', { off, like });
}

/**
 * From the skin above to that below the eye, [2, 3, 72, 96]; more of the latter where other things lie above. Both are lines across: so it
 * is a product of four courses, which are weighted, with their colours.
 */
function lidColour(g: Graph, at: Band & OnLid, weight: Value): Value {
  const lower = g.formula('.05 + .35 * (1 - clean) + .25 * clip(below / (2 * he + .02), 0, 1)', { ...at });
  const across = g.formula('weight * clip(u, -1, 1)', { ...at, weight });
  const courses = g.concat(1, [weight, across, weight.mul(lower), across.mul(lower)]);
  const { middle, slope, lowMiddle, lowSlope } = at;
  const colours = g.concat(3, [middle, slope, lowMiddle.sub(middle), lowSlope.sub(slope)]).reshape(2, 3, 4);
  const [rows, columns] = [lengthOf(EYE_ROWS), lengthOf(LEFT_EYE_COLUMNS)];
  return colours.matmul(courses.reshape(2, 4, rows * columns)).reshape(2, 3, rows, columns);
}

function turning(g: Graph, at: Band & OnLid): Value {
  const v = g.formula('(y - yc) / (he + .004)', { ...at });
  return g.formula('open * (1 - min(c, 1)) * arch * relu(1 - v2 * v2)', { ...at, v2: v.mul(v) });
}

/** Room from the upper lid to the lower edge of the brow. */
type Rows = Pick<Lids, 'x0' | 'yc' | 'hw' | 'he' | 'open' | 'c' | 'further'> & { room: Value };

/** Corners from x, heights from y of the keypoints of the lids. */
function lidRows(g: Graph, fit: Fit): Rows {
  const { lidUpL, lidUpR, lidLoL, lidLoR, browL, browR } = KEYPOINTS;
  const upper = [lidUpL.index, lidUpR.index];
  const up = fit.source.gather(0, upper);
  const down = fit.source.gather(0, [lidLoL.index, lidLoR.index]);
  const moved = fit.residual.gather(0, upper).sub(fit.residual.gather(0, [lidLoL.index, lidLoR.index]));
  const pick = (pairs: Value, axis: number) => pairs.slice(1, axis, axis + 1).reshape(2, 1, 1, 1);
  const middle = up.add(down).mul(0.5);
  const [x0, yc] = [pick(middle, 0), pick(middle, 1)];
  const he = pick(down.sub(up), 1).mul(0.5);
  const half = g.formula('.5 * abs(across)', { across: pick(up.sub(down), 0) });
  const open = g.formula(`clip(he / (${FLAT} * half) - 1, 0, 1)`, { he, half });
  const brow = pick(fit.source.gather(0, [browL.index, browR.index]), 1);
  return {
    x0,
    yc,
    hw: half.mul(WIDER),
    further: further(g, half),
    he,
    open,
    c: g.formula(`open * clip(moved / ${SHUT}, 0, 1.1)`, { open, moved: pick(moved, 1) }),
    room: g.formula('yc - he - brow - .04', { yc, he, brow }),
  };
}

/** How far lashes stand out beyond the corner of an eye on the far side of a turned head, to which the other one is so much wider. */
const FURTHER = { most: 0.06, from: 1.5, to: 2 } as const;

function further(g: Graph, half: Value): Value {
  const { most, from, to } = FURTHER;
  const wider = g.formula('other / half', { half, other: half.gather(0, [1, 0]) });
  return g.formula(`${most} * clip((wider - ${from}) / ${to - from}, 0, 1)`, { wider });
}

/** The least and the most of the skin above the eye that a lid is stretched of. */
const LEAST = 0.014;
const MOST = 0.05;
/** With so much or less a lid is painted wholly, and with how much more not at all: stretched too far, skin is streaks. */
const POOR = { most: 0.02, over: 0.014 } as const;

function lidsOf(g: Graph, fit: Fit, picture: Value): Lids {
  const rows = lidRows(g, fit);
  const seen = g.scope('shadow', () => darkAbove(g, rows, picture));
  const dark = g.formula(`min(1.4 * seen, max(room - ${LEAST}, .022 - ${LEAST}))`, { ...rows, seen });
  const from = g.formula(`max(min(max(room, .022) - dark, ${MOST}), ${LEAST})`, { ...rows, dark });
  const { free, clear, lights, ...skin } = g.scope('skin', () => lidSkin(g, { ...rows, dark }, picture));
  // Nothing that is no skin comes down.
  const near = g.formula(`max(min(from, clear), ${LEAST})`, { from, clear });
  const poor = g.formula(`max(1 - clip((near - ${POOR.most}) / ${POOR.over}, 0, 1), lights)`, {
    near,
    lights,
  });
  const still = g.formula('clip(6 * poor - 5, 0, 1)', { poor });
  return {
    ...rows,
    dark,
    from: near,
    poor,
    still,
    lights,
    ...skin,
    c: rows.c.mul(free),
    open: rows.open.mul(free),
  };
}
