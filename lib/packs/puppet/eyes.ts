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
import type { Fit } from './field.js';
import { KEYPOINTS } from './keypoints.js';

/** Half width of an eye. */
const HALF_WIDTH = 0.14;

/** The band of the eyes with the lids moved. */
export interface Eyes {
  /** Movement in x and y, [1, 2, 72, 256]. */
  displacement: Value;
  /** What is taken off the brightness of the picture, [1, 1, 72, 256]. */
  shade: Value;
}

/**
 * Slides the skin of the upper lids down over the eyes (puppet section 5.5).
 *
 * @param displacement of the band without the lids: [1, 2, 72, 256], x and y
 */
export function eyes(g: Graph, fit: Fit, displacement: Value): Eyes {
  const [dx, dy] = g.split(displacement, 1, [1, 1]) as [Value, Value];
  const x = bothEyes(g, dx.add(positions(g, 'x', { from: 0, to: FINE })));
  const y = bothEyes(g, dy.add(positions(g, 'y', EYE_ROWS)));
  const { move, shade } = lids(g, { ...lidRows(g, fit), x, y });
  const [left, right] = g.split(g.concat(1, [move, shade]), 0, [1, 1]) as [Value, Value];
  const sum = amongAllColumns(g, left, LEFT_EYE_COLUMNS, 0).add(
    amongAllColumns(g, right, RIGHT_EYE_COLUMNS, 0),
  );
  const [lidMove, lidShade] = g.split(sum, 1, [1, 1]) as [Value, Value];
  return { displacement: g.concat(1, [dx, dy.sub(lidMove)]), shade: lidShade };
}

/** The columns around each eye, stacked: [2, 1, 72, 96]. */
function bothEyes(g: Graph, value: Value): Value {
  return g.concat(0, [columns(value, LEFT_EYE_COLUMNS), columns(value, RIGHT_EYE_COLUMNS)]);
}

interface Lids {
  /** Middle of the eye, half its height, and how far it is closed; [2, 1, 1, 1]. */
  x0: Value;
  yc: Value;
  he: Value;
  c: Value;
}

/** How far each pixel's skin has come down, and the darker line of the lashes with the shaded lid above it. */
function lids(g: Graph, at: Record<keyof Lids | 'x' | 'y', Value>): { move: Value; shade: Value } {
  const { y } = at;
  const u = g.formula(`(x - x0) / ${HALF_WIDTH}`, at);
  const u2 = u.mul(u);
  const profile = g.formula('relu(1 - u2)', { u2 });
  const closing = g.formula('c * profile', { ...at, profile });
  const edge = g.formula('yc - (he + .011) * relu(1 - u2 * u2)', { ...at, u2 });
  const move = g.formula('(2 * he + .024) * closing', { ...at, closing });
  const above = g.formula('edge + move - y', { edge, move, y });
  const slide = g.formula('clip((y - edge + .075) / (move + .075), 0, 1)', { y, edge, move });
  const covered = g.formula('slide * clip(above / .006 + .5, 0, 1)', { slide, above });
  const lash = g.formula('.28 * profile * exp(-((above / .008)^2))', { profile, above });
  const shade = g.formula('closing * (lash + .08 * covered)', { closing, lash, covered });
  return { move: move.mul(covered), shade };
}

function lidRows(g: Graph, fit: Fit): Lids {
  const upper = [KEYPOINTS.lidUpL.index, KEYPOINTS.lidUpR.index];
  const lower = [KEYPOINTS.lidLoL.index, KEYPOINTS.lidLoR.index];
  const up = fit.source.gather(0, upper);
  const down = fit.source.gather(0, lower);
  const closing = fit.residual.gather(0, upper).sub(fit.residual.gather(0, lower));
  const pick = (pairs: Value, axis: number) => pairs.slice(1, axis, axis + 1).reshape(2, 1, 1, 1);
  const middle = up.add(down).mul(0.5);
  const he = pick(down.sub(up), 1).mul(0.5);
  const c = g.formula('clip(closing / (2 * he), 0, 1.15)', { closing: pick(closing, 1), he });
  return { x0: pick(middle, 0), yc: pick(middle, 1), he, c };
}
