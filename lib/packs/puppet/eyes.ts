import type { Graph, Value } from '../onnx/index.js';
import {
  amongAllColumns,
  columns,
  EYE_ROWS,
  FINE,
  LEFT_EYE_COLUMNS,
  positions,
  RIGHT_EYE_COLUMNS,
} from './bands.js';
import { DIRECTIONS } from './directions.js';
import type { Fit } from './field.js';
import { KEYPOINTS } from './keypoints.js';
import { range } from './linalg.js';
import { brightnessAt } from './observe.js';
import { MOTION } from './statistics.js';

/** Lids reach a little beyond the corners of the eye. */
const WIDER = 1.12;
/** How far a keypoint of a lid moves to shut the eye. */
const SHUT = DIRECTIONS.lid[MOTION.exp + 3 * KEYPOINTS.lidUpL.index + 1];
/** An eye of a flatter shape, height over width, is shut in the picture already. It opens fully over the same range again. */
const FLAT = 0.12;

/** The band of the eyes with the lids moved. */
export interface Eyes {
  /** Movement in x and y, [1, 2, 72, 256]. */
  displacement: Value;
  /** What is taken off the brightness of the picture, [1, 1, 72, 256]. */
  shade: Value;
}

/**
 * Slides the skin of the upper lids down over the eyes.
 *
 * @param displacement of the band without the lids: [1, 2, 72, 256], x and y
 * @param picture the crop, [1, 3, 512, 512]
 * @param soft how many times wider than in a sharp picture edges are drawn
 */
export function eyes(g: Graph, fit: Fit, displacement: Value, picture: Value, soft: Value): Eyes {
  const [dx, dy] = g.split(displacement, 1, [1, 1]) as [Value, Value];
  const x = bothEyes(g, dx.add(positions(g, 'x', { from: 0, to: FINE })));
  const y = bothEyes(g, dy.add(positions(g, 'y', EYE_ROWS)));
  const { move, shade, turn } = lids(g, { ...lidsOf(g, fit, picture), soft, x, y });
  const [left, right] = g.split(g.concat(1, [move, shade, turn]), 0, [1, 1]) as [Value, Value];
  const sum = amongAllColumns(g, left, LEFT_EYE_COLUMNS, 0).add(
    amongAllColumns(g, right, RIGHT_EYE_COLUMNS, 0),
  );
  const [lidMove, lidShade, turned] = g.split(sum, 1, [1, 1, 1]) as [Value, Value, Value];
  const { across, along } = g.scope('look', () => look(g, fit));
  const across2 = g.formula('dx - turned * across', { dx, turned, across });
  const along2 = g.formula('dy - lidMove - turned * along', { dy, lidMove, turned, along });
  return { displacement: g.concat(1, [across2, along2]), shade: lidShade };
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

/** Both eyes of the source in crop units, each [2, 1, 1, 1]. */
interface Lids {
  /** Middle, half width and half height. */
  x0: Value;
  yc: Value;
  hw: Value;
  he: Value;
  /** Whether the picture shows it open, and how far it is closed. */
  open: Value;
  c: Value;
  /** How far it is dark above the lashes, which the lid is not made of. */
  dark: Value;
  /** How far above the lid skin begins to move: below the brow. */
  from: Value;
}

/**
 * How far each pixel's skin has come down, and the darker line of the lashes with the shaded lid above it; and how far each pixel turns
 * with the eye, which is 1 inside and 0 at the lids.
 */
function lids(
  g: Graph,
  at: Record<keyof Lids | 'x' | 'y' | 'soft', Value>,
): { move: Value; shade: Value; turn: Value } {
  const { y, from } = at;
  const u = g.formula('(x - x0) / hw', at);
  const u2 = u.mul(u);
  const profile = g.formula('relu(1 - u2)', { u2 });
  const arch = g.formula('relu(1 - u2 * u2)', { u2 });
  const edge = g.formula('yc - (he + .009 + dark) * arch', { ...at, arch });
  const move = g.formula('(2 * he + .018 + dark) * c * (.5 * arch + .5 * profile)', { ...at, profile, arch });
  const above = g.formula('edge + move - y', { edge, move, y });
  const slide = g.formula('clip((y - edge + from) / (move + from), 0, 1)', { y, edge, move, from });
  const covered = g.formula('slide * clip(above / (.006 * soft) + .5, 0, 1)', { ...at, slide, above });
  const lash = g.formula('.22 * profile * exp(-((above / (.009 * soft))^2)) / soft', {
    ...at,
    profile,
    above,
  });
  const shade = g.formula('c * profile * (lash + .08 * covered)', { ...at, profile, lash, covered });
  const v = g.formula('(y - yc) / (he + .004)', at);
  const v2 = v.mul(v);
  const turn = g.formula('open * (1 - min(c, 1)) * arch * relu(1 - v2 * v2)', { ...at, arch, v2 });
  return { move: move.mul(covered), shade, turn };
}

/** Room from the upper lid to the lower edge of the brow. */
type Rows = Omit<Lids, 'dark' | 'from'> & { room: Value };

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
    he,
    open,
    c: g.formula(`open * clip(moved / ${SHUT}, 0, 1.1)`, { open, moved: pick(moved, 1) }),
    room: g.formula('yc - he - brow - .04', { yc, he, brow }),
  };
}

// Places of the search for the lid's skin: across the middle of each eye, and up from the lashes.
const ACROSS = [-0.4, -0.2, 0, 0.2, 0.4];
const STEP = 0.004;
const UP = range(0, 8);

/** The least stretch of skin that a lid is made of. */
const LEAST = 0.014;

function lidsOf(g: Graph, fit: Fit, picture: Value): Lids {
  const rows = lidRows(g, fit);
  const seen = g.scope('skin', () => darkAbove(g, rows, picture));
  const dark = g.formula(`min(seen, max(room - ${LEAST}, .022 - ${LEAST}))`, { ...rows, seen });
  const from = g.formula(`max(clip(room, .022, .036) - dark, ${LEAST})`, { ...rows, dark });
  return { ...rows, dark, from };
}

/**
 * How far it is dark above the lashes, [2, 1, 1, 1]: thick lashes, or the shadow that a deep-set eye lies in. A lid of such pixels
 * would be a black hole.
 */
function darkAbove(g: Graph, rows: Rows, picture: Value): Value {
  const u = g.constant('across', Float32Array.from(ACROSS), [1, 1, ACROSS.length, 1]);
  const up = g.constant(
    'up',
    Float32Array.from(UP, (i) => STEP * i),
    [1, UP.length, 1, 1],
  );
  const y = g.formula('yc - (he + .009) * (1 - u^4) - up', { ...rows, u, up });
  const x = g.formula('x0 + hw * u + 0 * up', { ...rows, u, up });
  const places = g.concat(3, [x, y]).reshape(1, 2 * UP.length, ACROSS.length, 2);
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
