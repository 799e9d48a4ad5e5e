import type { Graph, Value } from '../onnx/index.js';
import { amongAllColumns, columns, FINE, lengthOf, MOUTH_COLUMNS, MOUTH_ROWS, positions } from './bands.js';
import type { Fit } from './field.js';
import { KEYPOINTS } from './keypoints.js';

/** The band of the mouth with the lips parted. */
export interface Mouth {
  /** Movement in x and y, [1, 2, 104, 256]. */
  displacement: Value;
  /** What is left of the picture, [1, 1, 104, 256]. */
  keep: Value;
  /** What is seen through the open lips, already weighted: [1, 3, 104, 256]. */
  inside: Value;
}

/** Where a pixel's source lies in the mouth. */
interface Place {
  /** Across: -1 and 1 are the corners. Of the upper field. */
  u: Value;
  /** Below the edge of the upper lip, and above that of the lower. */
  a: Value;
  b: Value;
}

/**
 * Opens the lips along their seam, without stretching them, and paints what is behind (puppet section 5.6).
 *
 * @param displacement of the band: [1, 4, 104, 256], upper x, lower x, upper y, lower y
 * @param picture the crop, [1, 3, 512, 512]
 */
export function mouth(g: Graph, fit: Fit, displacement: Value, picture: Value): Mouth {
  const place = placeInMouth(g, fit, displacement);
  const { u, a, b } = place;
  const middle = { u: columns(u, MOUTH_COLUMNS), a: columns(a, MOUTH_COLUMNS), b: columns(b, MOUTH_COLUMNS) };
  const window = g.formula('relu(1 - u * u)', middle);
  const alpha = g.formula('clip(a / .006, 0, 1) * clip(b / .006, 0, 1) * clip(3 * window, 0, 1)', {
    ...middle,
    window,
  });
  const inside = g.scope('inside', () => interior(g, { ...middle, window, alpha }, light(g, picture)));
  return {
    displacement: parted(g, displacement, place),
    keep: amongAllColumns(g, g.formula('1 - alpha', { alpha }), MOUTH_COLUMNS, 1),
    inside: amongAllColumns(g, inside, MOUTH_COLUMNS, 0),
  };
}

/** Distances from the seam, a line between the corners that hangs in the middle; each [1, 1, 104, 256]. */
function placeInMouth(g: Graph, fit: Fit, displacement: Value): Place {
  const [dx, dy] = g.split(displacement, 1, [2, 2]) as [Value, Value];
  const at = {
    ...mouthCorners(g, fit),
    dx,
    dy,
    x: positions(g, 'x', { from: 0, to: FINE }),
    y: positions(g, 'y', MOUTH_ROWS),
  };
  const u = g.formula('(dx + (x - xm)) / hw', at);
  const below = g.formula('dy + (y - ym) - tilt * clip(u, -1.3, 1.3) - sag * relu(1 - u * u)', { ...at, u });
  const [a, minusB] = g.split(below, 1, [1, 1]) as [Value, Value];
  return { u: u.slice(1, 0, 1), a, b: minusB.neg() };
}

interface Corners {
  xm: Value;
  hw: Value;
  ym: Value;
  /** Half the height difference of the corners. */
  tilt: Value;
  /** How far the seam hangs below the line between the corners. */
  sag: Value;
}

/** Scalars of the source's mouth, [1, 1]. */
function mouthCorners(g: Graph, fit: Fit): Corners {
  const { mouthL, mouthR, lipUp, lipLo } = KEYPOINTS;
  const row = (index: number) => fit.source.slice(0, index, index + 1);
  const middle = row(mouthL.index).add(row(mouthR.index)).mul(0.5);
  const half = row(mouthR.index).sub(row(mouthL.index)).mul(0.5);
  const lips = row(lipUp.index).add(row(lipLo.index)).mul(0.5);
  const [xm, ym] = g.split(middle, 1, [1, 1]) as [Value, Value];
  const [hw, tilt] = g.split(half, 1, [1, 1]) as [Value, Value];
  return { xm, hw, ym, tilt, sag: lips.slice(1, 1, 2).sub(ym) };
}

/** The upper movement above the gap, the lower below: a hard switch inside the mouth, a soft one beside it. */
function parted(g: Graph, displacement: Value, place: Place): Value {
  // Twice the half width of the switch: .008, and up to .248 beyond the corners.
  const width = g.formula('clip(.5 * abs(u) - .442, .008, .248)', { ...place });
  const side = g.formula('clip((a - b) / width + .5, 0, 1)', { ...place, width });
  const fields = displacement.reshape(1, 2, 2, ROWS, FINE);
  const [upper, lower] = g.split(fields, 2, [1, 1]) as [Value, Value];
  const across = { upper, lower, side: side.unsqueeze(1) };
  return g.formula('upper + side * (lower - upper)', across).reshape(1, 2, ROWS, FINE);
}

const ROWS = lengthOf(MOUTH_ROWS);

const DARK = [0.17, 0.06, 0.055];
const TOOTH = [1, 0.96, 0.88];
const TONGUE = [0.55, 0.22, 0.21];

/** Light and tint of the lower face, [1, 3, 1, 1]: what is inside the mouth takes them on. */
function light(g: Graph, picture: Value): Value {
  const rows = picture.slice(2, 317, 430, 4);
  const mean = rows.slice(3, 153, 358, 4).mean([2, 3]);
  return g.formula('(.25 + .75 * luminance) * (.65 + .35 * mean / (largest + .01))', {
    luminance: mean.mean([1]),
    mean,
    largest: mean.maxOver([1]),
  });
}

/** Dark mouth with teeth under the upper lip and a tongue above the lower, weighted by alpha: [1, 3, rows, columns]. */
function interior(g: Graph, at: Place & { window: Value; alpha: Value }, tint: Value): Value {
  const gap = g.formula('relu(a + b)', { ...at });
  const tooth = teeth(g, { ...at, gap });
  const tongue = g.formula('clip((.40 * gap - b) / .04, 0, 1) * clip(gap / .05 - .6, 0, 1) * window', {
    ...at,
    gap,
  });
  const colour = (name: string, rgb: number[]) =>
    g.constant(name, Float32Array.from(rgb), [1, 3, 1, 1]).mul(tint);
  const behind = g.formula('alpha * (1 - tooth)', { ...at, tooth });
  return g.formula('behind * dark + behind * tongue * redder + alpha * tooth * white', {
    ...at,
    behind,
    tooth,
    tongue,
    dark: colour('dark', DARK),
    redder: colour(
      'tongue',
      TONGUE.map((value, i) => value - DARK[i]!),
    ),
    white: colour('tooth', TOOTH),
  });
}

/** A band of teeth, brighter below the lip, darker to the sides and between teeth. */
function teeth(g: Graph, at: Place & { window: Value; gap: Value }): Value {
  const height = g.formula('min(.45 * gap, .030) * sqrt(window)', { ...at });
  const edge = g.formula('clip((height - a) / .010 + .5, 0, 1) * clip(gap / .03, 0, 1)', { ...at, height });
  const ridge = g.formula('cos(15.707963267948966 * u)^4', { ...at });
  return g.formula(
    'edge * (.63 + .32 * clip(a / .016, 0, 1)) * (1 - .85 * (u * u)) * (1 - .22 * (ridge * ridge))',
    {
      ...at,
      edge,
      ridge,
    },
  );
}
