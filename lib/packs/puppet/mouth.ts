import type { Graph, Value } from '../onnx/index.js';
import { amongAllColumns, columns, FINE, lengthOf, MOUTH_COLUMNS, MOUTH_ROWS, positions } from './bands.js';
import type { Fit } from './field.js';
import { interior } from './interior.js';
import { KEYPOINTS } from './keypoints.js';
import { type Lips, lipsOf } from './lips.js';
import { lightOf } from './observe.js';

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
 * Opens the lips along their seam, without stretching them, and paints what is behind.
 *
 * @param displacement of the band: [1, 4, 104, 256], upper x, lower x, upper y, lower y
 * @param picture the crop, [1, 3, 512, 512]
 * @param soft how many times wider than in a sharp picture edges are drawn
 */
export function mouth(g: Graph, fit: Fit, displacement: Value, picture: Value, soft: Value): Mouth {
  const lips = g.scope('lips', () => lipsOf(g, fit, picture));
  const place = placeInMouth(g, lips, displacement);
  const { u, a, b } = place;
  const middle = { u: columns(u, MOUTH_COLUMNS), a: columns(a, MOUTH_COLUMNS), b: columns(b, MOUTH_COLUMNS) };
  const window = g.formula('relu(1 - u * u)', middle);
  const edge = g.formula('1 / (.006 * soft)', { soft });
  const alpha = g.formula('clip(a * edge, 0, 1) * clip(b * edge, 0, 1) * clip(3 * window, 0, 1)', {
    ...middle,
    window,
    edge,
  });
  const at = { ...middle, ...bones(fit), window, alpha, soft, apart: lips.apart };
  const inside = g.scope('inside', () => interior(g, at, lightOf(g, picture)));
  return {
    displacement: parted(g, displacement, place),
    keep: amongAllColumns(g, g.formula('1 - alpha', { alpha }), MOUTH_COLUMNS, 1),
    inside: amongAllColumns(g, inside, MOUTH_COLUMNS, 0),
  };
}

/** Distances from the seam, a line between the corners that hangs in the middle; each [1, 1, 104, 256]. */
function placeInMouth(g: Graph, lips: Lips, displacement: Value): Place {
  const [dx, dy] = g.split(displacement, 1, [2, 2]) as [Value, Value];
  const at = {
    ...lips,
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

/** How far the upper lip and the lower teeth have moved down in the frame of the head, [1, 1]. */
function bones(fit: Fit): { lip: Value; jaw: Value } {
  const down = ({ index }: { index: number }) => fit.residual.slice(0, index, index + 1).slice(1, 1, 2);
  return { lip: down(KEYPOINTS.lipUp), jaw: down(KEYPOINTS.chin).relu() };
}

/**
 * The upper movement above the gap, the lower below: a hard switch inside the mouth, a soft one beside it. Where the lips overlap,
 * the lower one is in front: so an upper lip that comes down covers its teeth.
 */
function parted(g: Graph, displacement: Value, place: Place): Value {
  // Twice the half width of the switch: .008, and up to .248 beyond the corners.
  const width = g.formula('clip(.5 * abs(u) - .442, .008, .248)', { ...place });
  const side = g.formula('clip(max(a - b, -2 * b) / width + .5, 0, 1)', { ...place, width });
  const fields = displacement.reshape(1, 2, 2, ROWS, FINE);
  const [upper, lower] = g.split(fields, 2, [1, 1]) as [Value, Value];
  const across = { upper, lower, side: side.unsqueeze(1) };
  return g.formula('upper + side * (lower - upper)', across).reshape(1, 2, ROWS, FINE);
}

const ROWS = lengthOf(MOUTH_ROWS);
